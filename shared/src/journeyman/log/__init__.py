"""The log and the keys derived from it. Only this package knows Redis commands and key strings."""
