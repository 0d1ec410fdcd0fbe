package user

import "testing"

func TestHasMonotonicRun(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]bool{
		"abcd": true, "4321": true, "xABCDx": true, "9876": true, "zyxw": true, "ab-0123": true,
		"abc": false, "321": false, "abce": false, "aBcD": false, "1357": false, "": false,
		// Three in a row, with a neighbour that is neither a letter nor a digit before or after.
		"Xy7x@ABCq": false, "/012x": false, "`abcx": false, "{zyxq": false, "[ZYXq": false, ":987x": false,
		"x789:": false, "xXYZ[": false, "xyz{": false, "x210/": false, "xCBA@": false,
		"abcbcd": false, "éêëì": false,
	} {
		if got := hasMonotonicRun(password); got != want {
			t.Errorf("%q has a monotonic run: %t, expected %t", password, got, want)
		}
	}
}
