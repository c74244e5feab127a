//go:build e2e && demo

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// sample is a token as it may lie on somebody's server after a year of use.
// Days count from today; 0 of expires and used: never.
type sample struct {
	app, description, scopes string
	created, expires, used   int
	revoked                  bool
	sat                      bool
}

// justNow is a last use of today.
const justNow = -1

var samples = []sample{
	{app: "Warehouse", description: "Nightly export", scopes: "read", created: 264, expires: 9, used: justNow},
	{app: "Local scripts", description: "Laptop", scopes: "read,update", created: 12, expires: 40},
	{app: "Reports", description: "Excel connector", scopes: "read", created: 20, expires: 345, used: 1},
	{app: "Local scripts", description: "CI deploy", scopes: "read,update", created: 270, expires: 95, used: justNow},
	{app: "Warehouse", description: "Old importer", scopes: "update", created: 380, expires: -12, used: 21},
	{app: "Local scripts", description: "Prototype", scopes: "read", created: 130, used: 118},
	{app: "Reports", description: "Leaked in chat", scopes: "read", created: 90, expires: 60, used: 6, revoked: true},
	{app: "Reports", description: "Power BI", scopes: "read", created: 200, expires: 165, used: justNow},
	{app: "Warehouse", description: "Backup job", scopes: "read", created: 120, expires: 245, used: justNow},
	{app: "Local scripts", description: "Home server", scopes: "read", created: 300, expires: 65, used: 2},
	{app: "Local scripts", description: "Grafana panel", scopes: "read", created: 45, expires: 320, used: justNow},
	{app: "Warehouse", description: "Label printer", scopes: "read,update", created: 61, expires: 304, used: 3},
	{app: "Reports", description: "Quarterly figures", scopes: "read", created: 88, expires: 2, used: 30},
	{app: "Local scripts", description: "Phone shortcut", scopes: "read", created: 7, expires: 23, used: 4},
	{app: "Reports", description: "Board slides", scopes: "read", created: 410, expires: -45, used: 60},
	{app: "Warehouse", description: "Scanner test", scopes: "update", created: 150, expires: 215, used: 149, revoked: true},
	{app: "Local scripts", description: "Migration 2025", scopes: "read,update", created: 340, expires: 25, used: 290, revoked: true},
	{app: "Local scripts", description: "Notebook", scopes: "read", created: 33, expires: 332, used: 9},
	{app: "Warehouse", description: "Webhook relay", scopes: "update", created: 51, expires: 314, used: justNow},
	{app: "Reports", description: "Data science", scopes: "read", created: 14, expires: 76, used: 1},
	{app: "Local scripts", description: "Old laptop", scopes: "read,update", created: 365, expires: 30, used: 100, revoked: true},
	{app: "Warehouse", description: "Night shift tablet", scopes: "read", created: 5, expires: 85, used: 2},
	{app: "Reports", description: "Auditor, read only", scopes: "read", created: 3, expires: 27},
	{app: "Local scripts", description: "Backup of the wiki", scopes: "read", created: 240, expires: 125, used: 1},
	{app: "Warehouse", description: "Stock sync", scopes: "read,update", created: 182, expires: 183, used: justNow, sat: true},
	{app: "Warehouse", description: "Price feed", scopes: "read", created: 75, expires: 14, used: 1, sat: true},
	{app: "Reports", description: "Mail digest", scopes: "read", created: 40, expires: 325, used: justNow, sat: true},
}

// furnish gives the built-in server a year of history: applications, people
// and tokens by its operator's commands, the dates behind its back. The program
// must not run.
func (d *tour) furnish() {
	d.t.Helper()
	d.nameAda()
	d.operator("user", "add", "robot", "--name", "Warehouse robot")
	d.operator("user", "add", "reporter", "--name", "Report service")
	d.operator("app", "add", "Warehouse", "--policy", "AuthenticatedUsers", "--scopes", "read,update", "--system-user", "robot")
	d.operator("app", "add", "Reports", "--policy", "AdministratorsOnly", "--scopes", "read", "--system-user", "reporter")
	d.operator("app", "add", "Payroll", "--policy", "None", "--scopes", "read")
	d.operator("app", "add", "Partner portal", "--policy", "AuthenticatedUsers", "--scopes", "read")
	for _, s := range samples {
		who := []string{"--user", "ada"}
		if s.sat {
			who = []string{"--sat"}
		}
		d.operator(append([]string{"token", "create", "--app", s.app, "--scope", s.scopes, "--description", s.description}, who...)...)
	}
	d.sql(`UPDATE tokens SET created_by = (SELECT id FROM users WHERE login = 'ada')`)
	for i, s := range samples {
		d.sql(s.dates(i))
	}
}

// dates is the statement that gives the nth sample its history.
func (s sample) dates(n int) string {
	const day = 24 * 60 * 60 * 1000
	now := `(unixepoch() * 1000)`
	expires, used, from, revoked := "NULL", "NULL", "NULL", "NULL"
	if s.expires != 0 {
		expires = fmt.Sprintf("%s + %d", now, s.expires*day+day/2)
	}
	if s.used == justNow {
		used = fmt.Sprintf("%s - %d", now, 60_000*(n*n%90+1))
	} else if s.used > 0 {
		used = fmt.Sprintf("%s - %d", now, s.used*day)
	}
	if used != "NULL" {
		from = fmt.Sprintf("'10.0.4.%d'", n%6+2)
	}
	if s.revoked {
		revoked = fmt.Sprintf("%s - %d", now, max(s.used-1, 0)*day)
	}
	return fmt.Sprintf(`UPDATE tokens SET created_at = %s - %d, expires_at = %s, last_used_at = %s, last_used_from = %s,
		revoked_at = %s, revoked_by = CASE WHEN %t THEN created_by END WHERE description = '%s'`,
		now, s.created*day, expires, used, from, revoked, s.revoked, s.description)
}

// nameAda gives the built-in server's administrator, who was signed in before, a
// name, in the list of connections too. The program must not run.
func (d *tour) nameAda() {
	d.t.Helper()
	d.sql(`UPDATE users SET login = 'ada', name = 'Ada Admin', email = 'ada@example.org'`)
	file := filepath.Join("config", "keyfob", "connections.json")
	list, err := os.ReadFile(filepath.Join(d.home, file))
	must(d.t, err)
	named := regexp.MustCompile(`"login": ".*"`).ReplaceAllString(string(list), `"login": "ada"`)
	d.write(file, regexp.MustCompile(`"name": ".*"`).ReplaceAllString(named, `"name": "Ada Admin"`))
}
