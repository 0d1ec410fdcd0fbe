package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func userName(i int) string { return fmt.Sprintf("user-%05d", i) }

// addUsers adds users number 0 to n-1 to an appliance, which also has its administrator.
func addUsers(appliance *simulator.Appliance, n int) {
	for i := range n {
		appliance.PutUser(simulator.User{Name: userName(i), Password: oldPassword, Description: strconv.Itoa(i)})
	}
}

func addAccounts(appliance *simulator.Appliance, n int) []simulator.Account {
	accounts := make([]simulator.Account, n)
	for i := range accounts {
		accounts[i] = appliance.PutAccount(simulator.Account{Name: fmt.Sprintf("smtp-%05d", i), Username: "relay", Password: oldPassword})
	}
	return accounts
}

// beforePages serves an appliance, and calls a function with the page's number, from 1, before each page is read.
func beforePages(appliance *simulator.Appliance, hook func(n int)) http.Handler {
	var pages atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" && (r.URL.Path == "/api/v1/users" || r.URL.Path == "/api/v1/accounts/standard") {
			hook(int(pages.Add(1)))
		}
		appliance.ServeHTTP(w, r)
	})
}

// pageScript serves the collection of users by the rules of a test.
func pageScript(answer func(offset, limit int) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("Offset"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("Limit"))
		w.Header().Set("Content-Type", jsonType)
		_ = json.NewEncoder(w).Encode(answer(offset, limit))
	}
}

type usersPage struct {
	TotalCount any `json:"totalCount"`
	Results    any `json:"results"`
}

func usersFrom(first, end int) []map[string]any {
	users := []map[string]any{}
	for i := first; i < end; i++ {
		users = append(users, map[string]any{"name": userName(i)})
	}
	return users
}

// manyUsers is quick to make.
func manyUsers(first, n int) json.RawMessage {
	all := []byte(`[{"name": "-"}`)
	for i := range n {
		all = append(all, `,{"name": "`...)
		all = strconv.AppendInt(all, int64(first+i), 10)
		all = append(all, `"}`...)
	}
	return append(all, ']')
}

func names(users []api.User) []string {
	all := make([]string, len(users))
	for i, user := range users {
		all[i] = user.Name
	}
	return all
}

func TestManyReads(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		concurrent, consecutive int
		pageLimit, pages        int
	}{
		"one":                    {0, 1, 100, 0},
		"one after the other":    {0, 250, 100, 3},
		"at once":                {250, 0, 100, 3},
		"both":                   {250, 250, 100, 3},
		"in one page":            {250, 250, 1000, 1},
		"in pages of seven":      {250, 0, 7, 42},
		"in pages of one object": {20, 20, 1, 251},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{PageLimit: test.pageLimit})
			addUsers(server.Appliance, 250)
			client := connect(t, server)
			read := func(i int) error {
				user, err := client.Users.Refresh(t.Context(), userName(i))
				if err == nil && (user.Name != userName(i) || user.Description != strconv.Itoa(i)) {
					t.Errorf("asked for %s, got %+v", userName(i), user)
				}
				return err
			}
			if err := errors.Join(concurrently(test.concurrent, read)...); err != nil {
				t.Fatal(err)
			}
			for i := range test.consecutive {
				if err := read(i); err != nil {
					t.Fatal(err)
				}
			}
			if pages, single := server.Count("GET", "/users"), server.Count("GET", "/users/*"); pages != test.pages || single != 1 {
				t.Errorf("%d pages and %d objects were read, want %d and 1", pages, single, test.pages)
			}
		})
	}
}

func TestOneAmongTenThousand(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	accounts := addAccounts(server.Appliance, 10_000)
	ctx := t.Context()
	wanted := accounts[7777]
	for name, read := range map[string]func(*api.Client) (api.StandardAccount, error){
		"by id": func(c *api.Client) (api.StandardAccount, error) {
			return c.StandardAccounts.Refresh(ctx, wanted.ID, "")
		},
		"by name": func(c *api.Client) (api.StandardAccount, error) {
			account, found, err := c.StandardAccounts.Find(ctx, wanted.Name)
			if !found {
				t.Error("not found")
			}
			return account, err
		},
		"import by name": func(c *api.Client) (api.StandardAccount, error) {
			account, found, err := c.StandardAccounts.Find(ctx, wanted.Name)
			if err != nil || !found {
				return account, err
			}
			return c.StandardAccounts.Refresh(ctx, account.ID, "")
		},
		"import by id in capitals": func(c *api.Client) (api.StandardAccount, error) {
			account, err := c.StandardAccounts.Refresh(ctx, strings.ToUpper(wanted.ID), "")
			if err != nil {
				return account, err
			}
			return c.StandardAccounts.Refresh(ctx, account.ID, "")
		},
		"write and read": func(c *api.Client) (api.StandardAccount, error) {
			if _, err := c.StandardAccounts.Update(ctx, wanted.ID, "", api.StandardAccountValues{Name: wanted.Name, Username: "relay"}); err != nil {
				return api.StandardAccount{}, err
			}
			return c.StandardAccounts.Refresh(ctx, wanted.ID, "")
		},
	} {
		server.ResetRequests()
		account, err := read(connect(t, server))
		if err != nil || account.ID != wanted.ID || account.Name != wanted.Name {
			t.Errorf("%s: %+v, %v", name, account, err)
		}
		if n := server.Count("", ""); n > 3 {
			t.Errorf("%s: %d requests, sign-in included", name, n)
		}
	}
}

func TestWriteDropsTheSnapshot(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, write := range map[string]func(*api.Client) error{
		"create": func(c *api.Client) error {
			_, err := c.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
			return err
		},
		"update": func(c *api.Client) error {
			_, err := c.Users.Update(ctx, userName(0), api.UserValues{OldPassword: oldPassword, Description: "0"})
			return err
		},
		"delete": func(c *api.Client) error { return c.Users.Delete(ctx, userName(9)) },
		"refused": func(c *api.Client) error {
			if _, err := c.Users.Create(ctx, api.UserValues{Name: "!", Password: newPassword}); !wire.IsRefused(err) {
				return err
			}
			return nil
		},
	} {
		for reads := range 8 { // none, the first, the snapshot, and once more; and the same with a miss after the write
			reads, missFirst := reads%4, reads >= 4
			t.Run(fmt.Sprintf("%s after %d reads, miss %v", name, reads, missFirst), func(t *testing.T) {
				t.Parallel()
				server := start(t, simulator.Config{})
				addUsers(server.Appliance, 10)
				client := connect(t, server)
				for i := range reads {
					if _, err := client.Users.Refresh(ctx, userName(i)); err != nil {
						t.Fatal(err)
					}
				}
				if err := write(client); err != nil {
					t.Fatal(err)
				}
				for i := range 4 { // another client changes them now
					server.PutUser(simulator.User{Name: userName(i), Description: "changed"})
				}
				server.ResetRequests()
				first := userName(0)
				if missFirst {
					first = "nobody"
				}
				if _, err := client.Users.Refresh(ctx, first); missFirst != store.IsNotFound(err) || server.Count("", "") != 1 {
					t.Errorf("the first read took %d requests: %v", server.Count("", ""), err)
				}
				for i := range 4 {
					user, err := client.Users.Refresh(ctx, userName(i))
					if err != nil || user.Description != "changed" {
						t.Errorf("%+v, %v", user, err)
					}
				}
			})
		}
	}
}

// A write begins and ends while an older answer is being sent: a read after the write does not get that answer.
func TestWriteDropsWhatIsBeingRead(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"pages": "/api/v1/users", "the first read": "/api/v1/users/" + userName(1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{})
			addUsers(appliance, 10)
			made, release := make(chan struct{}), make(chan struct{})
			var asked atomic.Int64
			config := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" && r.URL.Path == path && asked.Add(1) == 1 {
					w = &delayed{w, made, release}
				}
				appliance.ServeHTTP(w, r)
			})
			asAdministrator(&config)
			client := api.New(config)
			get := func(i int) string {
				user, err := client.Users.Refresh(t.Context(), userName(i))
				if err != nil {
					t.Error(err)
					return ""
				}
				return user.Description
			}
			if name == "pages" {
				get(0)
			}
			early := make(chan string)
			go func() { early <- get(1) }()
			<-made
			if _, err := client.Users.Update(t.Context(), userName(1), api.UserValues{OldPassword: oldPassword, Description: "changed"}); err != nil {
				t.Fatal(err)
			}
			get(2) // the first read after the write
			if name == "pages" {
				if got := get(1); got != "changed" {
					t.Errorf("while the old answer is on its way: %q", got)
				}
			}
			close(release)
			if got := <-early; got != "1" {
				t.Errorf("who asked before the write got %q", got)
			}
			if got := get(1); got != "changed" {
				t.Errorf("afterwards: %q", got)
			}
		})
	}
}

// delayed holds an answer back until it is released.
type delayed struct {
	http.ResponseWriter
	made, release chan struct{}
}

func (d *delayed) WriteHeader(status int) {
	close(d.made)
	<-d.release
	d.ResponseWriter.WriteHeader(status)
}

func TestAbsenceIsConfirmed(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	addUsers(server.Appliance, 10)
	addAccounts(server.Appliance, 10)
	client := connect(t, server)
	for i := range 2 { // now there are snapshots
		if _, err := client.Users.Refresh(t.Context(), userName(i)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := client.StandardAccounts.FindCached(t.Context(), fmt.Sprintf("smtp-%05d", i)); err != nil {
			t.Fatal(err)
		}
	}
	server.PutUser(simulator.User{Name: "late"})
	late := server.PutAccount(simulator.Account{Name: "late", Username: "u"})
	server.ResetRequests()
	if user, err := client.Users.Refresh(t.Context(), "late"); err != nil || user.Name != "late" {
		t.Errorf("%+v, %v", user, err)
	}
	if account, err := client.StandardAccounts.Refresh(t.Context(), late.ID, ""); err != nil || account.Name != "late" {
		t.Errorf("%+v, %v", account, err)
	}
	if account, found, err := client.StandardAccounts.FindCached(t.Context(), "late"); err != nil || !found || account.ID != late.ID {
		t.Errorf("%+v, %v, %v", account, found, err)
	}
	if n := server.Count("", ""); n != 3 {
		t.Errorf("%d requests", n)
	}
	server.ResetRequests()
	if err := getUser(t.Context(), client); !store.IsNotFound(err) {
		t.Error(err)
	}
	if _, found, err := client.StandardAccounts.FindCached(t.Context(), "none"); found || err != nil {
		t.Error(found, err)
	}
	if n := server.Count("", ""); n != 3 {
		t.Errorf("%d requests", n)
	}
	// If it cannot be confirmed that an object is missing, that is an error.
	server.AddFault(simulator.Fault{Kind: simulator.Status, Status: 500})
	if err := getUser(t.Context(), client); failure(t, err).Status != 500 || store.IsNotFound(err) {
		t.Error(err)
	}
	if _, found, err := client.StandardAccounts.FindCached(t.Context(), "none"); found || failure(t, err).Status != 500 {
		t.Error(found, err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, snapshotFirst := range []bool{false, true} {
		server := start(t, simulator.Config{PageLimit: 3})
		for _, name := range []string{"relay", "Relay", "relay 2", "my relay", "100% relay", "a*b?", "ümläut", "zz"} {
			server.PutAccount(simulator.Account{Name: name, Username: name})
		}
		for _, name := range []string{"relay", "Relay", "relay 2", "my relay", "100% relay", "a*b?", "ümläut", "zz"} {
			client := connect(t, server)
			if snapshotFirst {
				if _, err := client.StandardAccounts.List(t.Context(), ""); err != nil {
					t.Fatal(err)
				}
			}
			account, found, err := client.StandardAccounts.Find(t.Context(), name)
			if err != nil || !found || account.Name != name || account.Username != name {
				t.Errorf("%q: %+v, %v, %v", name, account, found, err)
			}
		}
		for _, name := range []string{"rel", "RELAY", "relay ", "", "zzz"} {
			account, found, err := connect(t, server).StandardAccounts.Find(t.Context(), name)
			if err != nil || found || account != (api.StandardAccount{}) {
				t.Errorf("%q: %+v, %v, %v", name, account, found, err)
			}
		}
	}
}

// A name is found even if SearchPattern does not match it.
func TestFindWithoutHelpOfSearchPattern(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{PageLimit: 10})
	accounts := addAccounts(appliance, 35)
	config := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("SearchPattern") {
			always(200, jsonType, `{"totalCount": 0, "results": []}`)(w, r)
			return
		}
		appliance.ServeHTTP(w, r)
	})
	asAdministrator(&config)
	account, found, err := api.New(config).StandardAccounts.Find(t.Context(), accounts[30].Name)
	if err != nil || !found || account.ID != accounts[30].ID {
		t.Errorf("%+v, %v, %v", account, found, err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{PageLimit: 7})
	addUsers(server.Appliance, 50)
	client := connect(t, server)
	all, err := client.Users.List(t.Context(), "")
	if err != nil || len(all) != 51 || all[0].Name != "admin" || !all[0].IsDefault || !slices.IsSorted(names(all)) {
		t.Errorf("%v: %v", err, names(all))
	}
	all[1].Name = "scribble" // the caller's own copy
	if again, err := client.Users.List(t.Context(), ""); err != nil || again[1].Name != userName(0) {
		t.Errorf("%v: %v", err, names(again))
	}
	if n := server.Count("GET", "/users"); n != 18 {
		t.Errorf("%d pages were read, want 9 for each list: what is asked for is read then", n)
	}
	some, err := client.Users.List(t.Context(), "0001")
	if want := []string{userName(1), userName(10), userName(11), userName(12), userName(13), userName(14), userName(15), userName(16), userName(17), userName(18), userName(19)}; err != nil || !slices.Equal(names(some), want[1:]) && !slices.Equal(names(some), want) {
		t.Errorf("%v: %v", err, names(some))
	}
	none, err := client.Users.List(t.Context(), "nobody")
	if err != nil || len(none) != 0 {
		t.Errorf("%v: %v", err, names(none))
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pageLimit   int
		take, limit int
		requests    int
		asked       string // Limit of the first request
	}{
		"none":                         {100, 0, 0, 0, ""},
		"one":                          {100, 1, 1, 1, "1"},
		"fewer than a page":            {100, 5, 5, 1, "5"},
		"a page":                       {100, 100, 0, 1, "500"},
		"more than a page":             {100, 150, 150, 2, "150"},
		"a limit above the usual":      {1000, 250, 900, 1, "500"},
		"all":                          {100, 251, 0, 3, "500"},
		"all, and there are no more":   {100, 1000, 1000, 3, "500"},
		"pages smaller than asked for": {7, 19, 20, 3, "20"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{PageLimit: test.pageLimit})
			addUsers(server.Appliance, 250)
			client := connect(t, server)
			taken := []string{}
			if test.take > 0 {
				for user, err := range client.Users.Search(t.Context(), "", int64(test.limit)) {
					if err != nil {
						t.Fatal(err)
					}
					if taken = append(taken, user.Name); len(taken) == test.take {
						break
					}
				}
			}
			if want := min(test.take, 251); len(taken) != want || !slices.IsSorted(taken) {
				t.Errorf("%d users, want %d in order: %v", len(taken), want, taken)
			}
			if n := server.Count("GET", "/users"); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
			for _, request := range server.Requests() {
				if request.Path == "/users" {
					if got := request.Query.Get("Limit"); got != test.asked {
						t.Errorf("Limit=%s, want %s", got, test.asked)
					}
					break
				}
			}
		})
	}
}

func TestSearchReportsAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, searchReportsAFailure)
}

func searchReportsAFailure(t *testing.T) {
	server := simulator.New(simulator.Config{})
	addUsers(server, 250)
	server.AddFault(simulator.Fault{Kind: simulator.Status, Status: 500, Path: "/users", Skip: 1})
	client := at(server)
	seen, failed := 0, 0
	for _, err := range client.Users.Search(t.Context(), "", 0) {
		if err == nil {
			seen++
			continue
		}
		if failed++; failure(t, err).Operation != "read the list of users on "+client.Host() {
			t.Error(err)
		}
	}
	if seen != 100 || failed != 1 {
		t.Errorf("%d users and %d failures", seen, failed)
	}
	if _, err := client.Users.List(t.Context(), ""); failure(t, err).Status != 500 {
		t.Error(err)
	}
	server.ClearFaults()
	advance()
	if all, err := client.Users.List(t.Context(), ""); err != nil || len(all) != 251 { // the failure is not kept
		t.Errorf("%v: %d users", err, len(all))
	}
}

func TestTokenExpiresBetweenPages(t *testing.T) {
	t.Parallel()
	appliance := newAppliance(t, simulator.Config{PageLimit: 10})
	addUsers(appliance, 45)
	config := serve(t, beforePages(appliance, func(n int) {
		if n == 2 || n == 5 {
			appliance.ExpireTokens()
		}
	}).ServeHTTP)
	asAdministrator(&config)
	all, err := api.New(config).Users.List(t.Context(), "")
	if err != nil || len(all) != 46 {
		t.Errorf("%v: %d users", err, len(all))
	}
}

// Objects are created, deleted and moved while the pages are read. Those that existed all the time are in the list once, and each
// can be read. The number of readings is bounded.
func TestCollectionThatChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(appliance *simulator.Appliance, n int)
		once   bool // the change happens before page 2 of the first reading only
		most   int  // pages
	}{
		"vanish on a page already read": {func(a *simulator.Appliance, n int) { a.DeleteUser(userName(n)) }, true, 11},
		"appear on a page already read": {func(a *simulator.Appliance, n int) { a.PutUser(simulator.User{Name: fmt.Sprint("a-", n)}) }, true, 12},
		"appear on a page to come":      {func(a *simulator.Appliance, n int) { a.PutUser(simulator.User{Name: fmt.Sprint("z-", n)}) }, true, 12},
		"vanish from a page to come":    {func(a *simulator.Appliance, n int) { a.DeleteUser(userName(45)) }, true, 11},
		"move forward": {func(a *simulator.Appliance, n int) {
			a.DeleteUser(userName(3))
			a.PutUser(simulator.User{Name: "z-moved"})
		}, true, 11},
		"move backward": {func(a *simulator.Appliance, n int) {
			a.DeleteUser(userName(45))
			a.PutUser(simulator.User{Name: "a-moved"})
		}, true, 11},
		"appear for ever": {func(a *simulator.Appliance, n int) { a.PutUser(simulator.User{Name: fmt.Sprint("a-", n)}) }, false, 30},
	} {
		begin := func(t *testing.T) (*simulator.Appliance, *api.Client) {
			t.Parallel()
			appliance := newAppliance(t, simulator.Config{PageLimit: 10})
			addUsers(appliance, 49)
			config := serve(t, beforePages(appliance, func(n int) {
				if n == 2 || n > 1 && !test.once {
					test.change(appliance, n)
				}
			}).ServeHTTP)
			asAdministrator(&config)
			return appliance, api.New(config)
		}
		check := func(t *testing.T, appliance *simulator.Appliance, got []string) {
			if unique := slices.Compact(slices.Sorted(slices.Values(got))); len(unique) != len(got) {
				t.Errorf("twice: %v", got)
			}
			for i := range 49 {
				if user, there := appliance.User(userName(i)); there && !slices.Contains(got, user.Name) {
					t.Errorf("%s is missing", user.Name)
				}
			}
			if n := appliance.Count("GET", "/users"); n > test.most {
				t.Errorf("%d pages were read, want at most %d", n, test.most)
			}
		}
		t.Run(name, func(t *testing.T) {
			appliance, client := begin(t)
			all, err := client.Users.List(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			check(t, appliance, names(all))
			if !slices.IsSorted(names(all)) {
				t.Errorf("out of order: %v", names(all))
			}
			if now := appliance.Users(); test.once && len(all) != len(now) {
				t.Errorf("%d users are listed and there are %d: the collection came to rest", len(all), len(now))
			}
			for i := range 49 {
				_, there := appliance.User(userName(i))
				if _, err := client.Users.Refresh(t.Context(), userName(i)); there && err != nil {
					t.Errorf("%s: %v", userName(i), err)
				}
			}
		})
		t.Run(name+", page by page", func(t *testing.T) {
			appliance, client := begin(t)
			var got []string
			for user, err := range client.Users.Search(t.Context(), "", 0) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, user.Name)
			}
			check(t, appliance, got)
		})
	}
}

// Wrong pages cost a bounded number of requests, and never cause a panic.
func TestPagesThatAreWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(offset, limit int) any
		listed int // objects; -1 for an error, which a List makes of fewer than are counted
		most   int // requests of a List and a Search
		short  bool
	}{
		"total too large":               {func(offset, limit int) any { return usersPage{1000, usersFrom(offset, min(offset+10, 25))} }, 25, 3*4 + 4, true},
		"total endless":                 {func(offset, limit int) any { return usersPage{1 << 40, usersFrom(min(offset, 25), min(offset+10, 25))} }, 25, 3*4 + 4, true},
		"total too small":               {func(offset, limit int) any { return usersPage{5, usersFrom(offset, min(offset+10, 25))} }, 10, 3 + 1, false},
		"total of zero":                 {func(offset, limit int) any { return usersPage{0, usersFrom(offset, min(offset+10, 25))} }, 10, 3 + 1, false},
		"Offset ignored":                {func(int, int) any { return usersPage{25, usersFrom(0, 10)} }, 10, 3*2 + 2, true},
		"Offset ignored, total endless": {func(int, int) any { return usersPage{1 << 40, usersFrom(0, 10)} }, 10, 3*2 + 3*2, true},
		"Limit ignored":                 {func(int, int) any { return usersPage{2000, usersFrom(0, 2000)} }, 2000, 2, false},
		"twice on a page":               {func(int, int) any { return usersPage{4, slices.Concat(usersFrom(0, 2), usersFrom(0, 2))} }, 2, 3 + 1, true},
		"empty pages":                   {func(int, int) any { return usersPage{25, usersFrom(0, 0)} }, 0, 3 + 1, true},
		"no results":                    {func(int, int) any { return usersPage{0, nil} }, 0, 2, false},
		"no total":                      {func(int, int) any { return map[string]any{"results": usersFrom(0, 3)} }, -1, 2, false},
		"total of null":                 {func(int, int) any { return usersPage{nil, usersFrom(0, 3)} }, -1, 2, false},
		"total below zero":              {func(int, int) any { return usersPage{-1, usersFrom(0, 3)} }, -1, 2, false},
		"total in words":                {func(int, int) any { return usersPage{"three", usersFrom(0, 3)} }, -1, 2, false},
		"total not whole":               {func(int, int) any { return usersPage{2.5, usersFrom(0, 3)} }, -1, 2, false},
		"total of many digits":          {func(int, int) any { return usersPage{json.Number(strings.Repeat("9", 5000)), nil} }, -1, 2, false},
		"results of another kind":       {func(int, int) any { return usersPage{3, map[string]any{}} }, -1, 2, false},
		"objects of another kind":       {func(int, int) any { return usersPage{3, []any{"a", 1, nil}} }, -1, 2, false},
		"objects without a name":        {func(int, int) any { return usersPage{2, []any{map[string]any{"name": "a"}, map[string]any{}}} }, -1, 2, false},
		"objects of null":               {func(int, int) any { return usersPage{1, []any{nil}} }, -1, 2, false},
		"an empty object":               {func(int, int) any { return map[string]any{} }, -1, 2, false},
		"another object":                {func(int, int) any { return map[string]any{"error": "oops"} }, -1, 2, false},
		"a list":                        {func(int, int) any { return []any{} }, -1, 2, false},
		"null":                          {func(int, int) any { return nil }, -1, 2, false},
		"an endless collection":         {func(offset, _ int) any { return usersPage{1 << 40, manyUsers(offset, 70_000)} }, -1, 2 * 6, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := &script{steps: []http.HandlerFunc{pageScript(test.answer)}}
			client := api.New(serve(t, handler.ServeHTTP))
			all, err := client.Users.List(t.Context(), "")
			if test.listed < 0 {
				if got := failure(t, err); got.Reason != wire.Unreadable || !strings.HasPrefix(got.Operation, "read the list of users") || len(got.Message) > 600 {
					t.Errorf("%#v", got)
				}
			} else if test.short {
				if got := failure(t, err); got.Reason != wire.Unreadable || !strings.Contains(got.Message, fmt.Sprintf("but lists only %d", test.listed)) {
					t.Errorf("%#v", got)
				}
			} else if err != nil || len(all) != test.listed {
				t.Errorf("%v: %d users, want %d", err, len(all), test.listed)
			}
			searched := 0
			var searchErr error
			for user, err := range client.Users.Search(t.Context(), "", 0) {
				if searchErr = err; err == nil && user.Name != "" {
					searched++
				}
			}
			if (searchErr != nil) != (test.listed < 0 || test.short) || test.listed >= 0 && searched != test.listed {
				t.Errorf("search: %d users: %v", searched, searchErr)
			}
			// A first reading has up to three pages more under way, and after a page that is too short three others.
			if n := handler.count(); n > test.most+6 {
				t.Errorf("%d requests, want at most %d", n, test.most+6)
			}
		})
	}
}

// A read of one object does not depend on the list, which may be wrong.
func TestGetBesideAWrongList(t *testing.T) {
	t.Parallel()
	config := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if name, single := strings.CutPrefix(r.URL.Path, "/api/v1/users/"); single {
			always(200, jsonType, userJSON(name))(w, r)
			return
		}
		pageScript(func(offset, _ int) any { return usersPage{1, usersFrom(offset, offset+10)} })(w, r)
	})
	client := api.New(config)
	for i := range 25 {
		if user, err := client.Users.Refresh(t.Context(), userName(i)); err != nil || user.Name != userName(i) {
			t.Errorf("%+v, %v", user, err)
		}
	}
}

// A snapshot is used for half a minute, and so is the result of the first read.
func TestSnapshotGrowsOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		addUsers(appliance, 10)
		client := onClock(appliance, asAdministrator)
		get := func(i int) string {
			user, err := client.Users.Refresh(t.Context(), userName(i))
			if err != nil {
				t.Fatal(err)
			}
			return user.Description
		}
		change := func() {
			for i := range 3 {
				appliance.PutUser(simulator.User{Name: userName(i), Description: "changed"})
			}
		}
		get(0)
		get(0)
		if n := appliance.Count("GET", "/users*") + appliance.Count("GET", "/users/*"); n != 2 {
			t.Errorf("%d requests for the same user, twice", n)
		}
		get(1)
		change()
		time.Sleep(store.SnapshotLife - time.Second)
		if got := get(0) + get(1) + get(2); got != "012" {
			t.Errorf("%q: the snapshot is not used", got)
		}
		time.Sleep(2 * time.Second)
		if got := get(0) + get(1) + get(2); got != "changedchangedchanged" {
			t.Errorf("%q: the snapshot is too old", got)
		}
		if pages, single := appliance.Count("GET", "/users"), appliance.Count("GET", "/users/*"); pages != 2 || single != 2 {
			t.Errorf("%d pages and %d users were read", pages, single)
		}
	})
}

// A caller that is canceled while waiting for the snapshot does not cancel it for the others.
func TestCancelledWhileWaitingForTheSnapshot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		addUsers(appliance, 10)
		release := make(chan struct{})
		client := onClock(beforePages(appliance, func(int) { <-release }), asAdministrator)
		if _, err := client.Users.Refresh(t.Context(), userName(0)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		get := func(ctx context.Context, result chan error, i int) {
			_, err := client.Users.Refresh(ctx, userName(i))
			result <- err
		}
		go get(ctx, first, 1) // begins to fetch
		synctest.Wait()
		go get(t.Context(), second, 2)
		synctest.Wait()
		cancel()
		if got := failure(t, <-first); !strings.Contains(got.Message, "interrupted") {
			t.Errorf("%#v", got)
		}
		close(release)
		if err := <-second; err != nil {
			t.Error(err)
		}
		if n := appliance.Count("GET", "/users"); n > 2 { // the one that was canceled included
			t.Errorf("%d pages", n)
		}
	})
}

// Many goroutines read and write: each one reads what it has written.
func TestReadsBesideWrites(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	if err := errors.Join(concurrently(50, func(i int) error {
		name := userName(i)
		if _, err := client.Users.Create(t.Context(), api.UserValues{Name: name, Password: oldPassword}); err != nil {
			return err
		}
		for round := range 3 {
			want := strconv.Itoa(round)
			if _, err := client.Users.Update(t.Context(), name, api.UserValues{OldPassword: oldPassword, Description: want}); err != nil {
				return err
			}
			if user, err := client.Users.Refresh(t.Context(), name); err != nil || user.Description != want {
				return fmt.Errorf("%s: %+v, want %s: %w", name, user, want, err)
			}
		}
		if err := client.Users.Delete(t.Context(), name); err != nil {
			return err
		}
		if _, err := client.Users.Refresh(t.Context(), name); !store.IsNotFound(err) {
			return fmt.Errorf("%s is still there: %w", name, err)
		}
		return nil
	})...); err != nil {
		t.Error(err)
	}
	if users := server.Users(); len(users) != 1 {
		t.Errorf("%d users are left", len(users))
	}
}
