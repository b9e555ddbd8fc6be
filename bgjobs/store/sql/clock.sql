-- The database's clock, by which all leases and windows are judged.
SELECT clock_timestamp()
