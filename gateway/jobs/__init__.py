"""Work that outlives the request that asked for it: the spool of uploads, the queue of jobs, the stream of events, webhooks."""
