"""What is stored: DynamoDB models, objects on S3, messages on SQS."""
