"""What is kept: DynamoDB models, objects on S3, messages on SQS."""
