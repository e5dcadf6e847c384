"""What runs inside each checkout's process: it imports the checkout's `pipelines`, never `bench`.

The same worker serves base, head and twin, so that only what it loads differs. It is started by
`boot.py` under a name of its own, since a checkout may bring another `bench`.
"""
