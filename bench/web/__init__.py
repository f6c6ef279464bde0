"""What a page costs a person on a phone, and the machine that makes it: see ``__main__``."""
