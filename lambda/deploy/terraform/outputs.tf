output "function_arn" {
  description = "For the `Lambda` processor of the Firehose stream"
  value       = aws_lambda_function.function.arn
}

output "invoke_policy" {
  description = "What the role of the Firehose stream needs, JSON"
  value       = data.aws_iam_policy_document.invoke.json
}
