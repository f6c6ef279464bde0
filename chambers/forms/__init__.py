"""The shape of what people type on the pages of this app; one module per noun."""
