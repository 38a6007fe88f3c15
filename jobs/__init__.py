"""The pipeline on RQ workers: stage keys, queue, worker, reconcile, progress."""
