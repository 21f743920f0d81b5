variable "name" {
  description = "The function's name"
  type        = string
}

variable "package" {
  description = "The zip that `make lambda` made, with pipeline.conf and what it names"
  type        = string
}

variable "architecture" {
  description = "What the zip was built for: x86_64 or arm64"
  type        = string
  default     = "x86_64"
  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The architecture is x86_64 or arm64."
  }
}

variable "memory_mb" {
  description = "The function's memory in MB; its share of a processor grows with it"
  type        = number
  default     = 512
}

variable "on_failure" {
  description = "What becomes of an event on which a filter failed: tag or fail"
  type        = string
  default     = "tag"
  validation {
    condition     = contains(["tag", "fail"], var.on_failure)
    error_message = "Use tag or fail."
  }
}

variable "oversize" {
  description = "What is done when an answer becomes too large: fail, trim or compress"
  type        = string
  default     = "fail"
  validation {
    condition     = contains(["fail", "trim", "compress"], var.oversize)
    error_message = "Use fail, trim or compress."
  }
}

variable "log_retention_days" {
  description = "Days that the function's log is kept"
  type        = number
  default     = 30
}
