package framework

import (
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
)

// ListResults streams objects as results of a list resource, at most limit of them, 0 for all. Objects are taken as
// Terraform asks for results; a failure to read them is the last result.
func ListResults[T any](objects iter.Seq2[T, error], limit int64, result func(T) list.ListResult) iter.Seq[list.ListResult] {
	return func(push func(list.ListResult) bool) {
		var pushed int64
		for object, err := range objects {
			if err != nil {
				push(list.ListResult{Diagnostics: diag.Diagnostics{Diagnostic(err)}})
				return
			}
			if pushed++; !push(result(object)) || pushed == limit {
				return
			}
		}
	}
}
