"""`make bench`: what bgjobs takes, beside others that do the same work in the same session."""
