-- The database's clock, which all hosts share.
SELECT clock_timestamp()
