"""A function that a pipeline calls to deploy a version of a model: a new endpoint, or an update of the one there is."""

import boto3
from botocore.exceptions import ClientError

SIZE = {"VariantName": "AllTraffic", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}


def handler(event, context):
    client, endpoint, package = boto3.client("sagemaker"), event["endpoint"], event["package"]
    name = f"{endpoint}-{package.rpartition('/')[2]}"
    client.create_model(ModelName=name, Containers=[{"ModelPackageName": package}], ExecutionRoleArn=event["role"])
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{**SIZE, "ModelName": name}])
    try:
        client.describe_endpoint(EndpointName=endpoint)
    except ClientError:
        client.create_endpoint(EndpointName=endpoint, EndpointConfigName=name)
    else:
        client.update_endpoint(EndpointName=endpoint, EndpointConfigName=name)
    client.get_waiter("endpoint_in_service").wait(EndpointName=endpoint, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    return {"config": name}
