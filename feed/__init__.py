"""The API that case systems consume: deltas, snapshots, candidates; outcomes, withdrawals and closures back."""
