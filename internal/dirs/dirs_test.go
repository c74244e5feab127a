//go:build !windows && !darwin

package dirs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/internal/dirs"
)

func TestDirectoriesFollowTheXDGSpecification(t *testing.T) {
	below := dirs.Dirs{Config: "/home/ada/.config/keyfob", Data: "/home/ada/.local/share/keyfob", State: "/home/ada/.local/state/keyfob"}
	for _, c := range []struct {
		name, home, config, data string
		want                     dirs.Dirs
	}{
		{"home", "/home/ada", "", "", below},
		{"the variables", "/home/ada", "/c", "/d", dirs.Dirs{Config: "/c/keyfob", Data: "/d/keyfob", State: below.State}},
		{"the variables without a home", "", "/c", "/d", dirs.Dirs{Config: "/c/keyfob", Data: "/d/keyfob"}},
		{"one variable", "/home/ada", "", "/d", dirs.Dirs{Config: below.Config, Data: "/d/keyfob", State: below.State}},
		{"relative variables, which do not count", "/home/ada", "c", "../d", below},
	} {
		t.Run(c.name, func(t *testing.T) {
			environment(t, c.home, c.config, c.data)
			got, err := dirs.Find()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutAHomeItSaysWhatHasNoPlace(t *testing.T) {
	for _, c := range []struct{ config, data, says string }{
		{"", "/d", "no place for configuration"},
		{"/c", "", "no place for data"},
		{"/c", "relative", "no place for data"},
	} {
		environment(t, "", c.config, c.data)
		if _, err := dirs.Find(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("with %q and %q: %v, want %q", c.config, c.data, err, c.says)
		}
	}
}

func environment(t *testing.T, home, config, data string) {
	t.Helper()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("XDG_DATA_HOME", data)
	t.Setenv("XDG_STATE_HOME", "")
}
