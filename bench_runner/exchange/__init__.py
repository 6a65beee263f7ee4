"""From other programs' files to stored runs."""
