// Package i18n has the words of the desktop.
//
// The words live in assets/translations, one JSON file per language, sorted by key. A key is where the words stand, a
// dot, and what they are: "tokens.title", "create.descriptionHint", "dialog.cancel". What counts has plural forms:
//
//	"tokens.selected": {"one": "{{.Count}} token selected", "other": "{{.Count}} tokens selected"}
//
// Code names every key as a literal, T("tokens.title") or N("tokens.selected", n), and a test holds code and file
// against each other both ways. What varies inside a sentence is passed by name, as pairs or as one map, and never
// glued on outside: word order differs from language to language.
//
//	i18n.T("tokens.actsAs", "Name", user.Name)
package i18n

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"keyfob/assets"
)

// Args are values for the {{.Name}} places of a text.
type Args = map[string]any

var load = sync.OnceValue(register)

// standIn is true where English goes by the name of another language. Numbers are then counted by the rules of that
// language, which may have no form for one; the English form has a key of its own.
var standIn bool

const oneOnly = " (one)"

// Load reads the translations. T and N do it on first use; main calls it early to hear of a broken file.
func Load() error { return load() }

// T returns the text of a key. args are pairs of name and value, or one Args.
func T(key string, args ...any) string {
	_ = Load()
	return lang.X(key, key, data(args))
}

// N returns the text of a key in the plural form that count asks for. The text may use {{.Count}}.
func N(key string, count int, args ...any) string {
	_ = Load()
	values := data(args)
	values["Count"] = count
	if standIn && count == 1 {
		return lang.X(key+oneOnly, key, values)
	}
	return lang.XN(key, key, count, values)
}

func data(args []any) Args {
	values := Args{}
	if len(args) == 1 {
		if given, ok := args[0].(Args); ok {
			maps.Copy(values, given)
			return values
		}
	}
	for i := 0; i+1 < len(args); i += 2 {
		values[fmt.Sprint(args[i])] = args[i+1]
	}
	return values
}

// register adds our files to Fyne's. A system whose language we have no file for gets English under its own name:
// Fyne would otherwise find each of our keys missing and log every one.
func register() error {
	if err := lang.AddTranslationsFS(assets.FS, assets.TranslationsDir); err != nil {
		return fmt.Errorf("translations: %w", err)
	}
	system := lang.SystemLocale()
	language, _, _ := strings.Cut(system.LanguageString(), "-")
	if _, err := assets.FS.Open(assets.TranslationsDir + "/" + language + ".json"); err == nil {
		return nil
	}
	english, err := assets.FS.ReadFile(assets.TranslationsDir + "/en.json")
	if err != nil {
		return fmt.Errorf("translations: %w", err)
	}
	return addAs(system, english)
}

func addAs(system fyne.Locale, english []byte) error {
	texts, err := allForms(english)
	if err != nil {
		return err
	}
	standIn = true
	if err := lang.AddTranslationsForLocale(texts, system); err != nil {
		return fmt.Errorf("translations for %s: %w", system, err)
	}
	return nil
}

// allForms gives each counted text the plural forms that other languages choose among and English does not have.
func allForms(file []byte) ([]byte, error) {
	var texts map[string]any
	if err := json.Unmarshal(file, &texts); err != nil {
		return nil, fmt.Errorf("translations: %w", err)
	}
	for key, text := range maps.Clone(texts) {
		forms, ok := text.(map[string]any)
		if !ok {
			continue
		}
		texts[key+oneOnly] = forms["one"]
		for _, form := range []string{"zero", "two", "few", "many"} {
			forms[form] = forms["other"]
		}
	}
	return json.Marshal(texts)
}
