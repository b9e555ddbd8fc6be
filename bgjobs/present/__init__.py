"""The only part that knows rich: values in, text out."""
