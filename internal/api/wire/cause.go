package wire

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Cause is a failure that concerns every request to an appliance and not only one, such as a refused sign-in. The errors
// that come of it share it, so that it is reported once.
type Cause struct {
	Err                 *Error // its Operation is what every request needs: "sign in to veeam:11005 as backup"
	reported, mentioned atomic.Bool
}

// Report claims the cause for a full report, after which refreshes and validations need not report it. It returns false
// if another caller has claimed it.
func (c *Cause) Report() bool {
	c.mentioned.Store(true)
	return !c.reported.Swap(true)
}

// Mention claims the cause for a full report by a write, which does not replace the report of a refresh. It returns
// false if there has been any report.
func (c *Cause) Mention() bool { return !c.mentioned.Swap(true) }

// BlockedError is a request that failed by a cause it shares with others. The request that met the cause first has one too.
type BlockedError struct {
	Operation string // what was to be done
	Kind      Kind
	Cause     *Cause
	Outcome   Outcome // of what was to be done
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("could not %s: %v", e.Operation, e.Cause.Err)
}

// IsBlocked reports whether a request failed by a cause that it shares with others.
func IsBlocked(err error) bool {
	_, is := errors.AsType[*BlockedError](err)
	return is
}

// Unwrap returns the failure that is the cause.
func (e *BlockedError) Unwrap() error { return e.Cause.Err }

// Of returns a copy for another operation, with its outcome.
func (e *BlockedError) Of(operation string, outcome Outcome) *BlockedError {
	return &BlockedError{Operation: operation, Kind: e.Kind, Cause: e.Cause, Outcome: outcome}
}
