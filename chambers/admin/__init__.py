"""Chamber staff's product: Django's administration, scoped to the chambers one serves."""
