"""The embedded AWS: ministack's DynamoDB, SQS, S3 and SSM behind a gate, on state that survives a power cut.

`keys` is used by parent and child; everything else runs in the child process, with the interpreter that has ministack,
and imports nothing of Fireside but this package.
"""
