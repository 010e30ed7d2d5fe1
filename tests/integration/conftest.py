from tests.support.aws import embedded_aws, embedded_sqs

__all__ = ["embedded_aws", "embedded_sqs"]
