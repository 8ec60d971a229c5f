"""Running one attempt: from a claimed job, through dramatiq's machinery, to an outcome."""
