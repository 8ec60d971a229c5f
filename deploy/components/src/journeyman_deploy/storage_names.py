"""Where in the bucket what is kept."""

BLOBS = "blobs"
ARCHIVE = "archive"
#: What the machine of observability is configured with.
CONFIGURATION = "observability"
