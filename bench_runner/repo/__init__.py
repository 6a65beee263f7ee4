"""The measured project as git knows it."""
