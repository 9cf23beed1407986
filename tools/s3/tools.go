//go:build tools

// Package s3 pins the S3 server that the tests host references on. No user ever builds it.
package s3

import _ "github.com/versity/versitygw/cmd/versitygw"
