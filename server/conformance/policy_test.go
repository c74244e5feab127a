package conformance

import (
	"net/http"

	"keyfob/api"
)

// policy is about the AccessTokens policy of trusted applications.
var policy = []requirement{
	{25, "Each trusted application has one of three policies", nil, func(w *world) {
		for _, p := range []string{api.PolicyNone, api.PolicyAuthenticatedUsers, api.PolicyAdministratorsOnly} {
			if got := w.newApp(p).Policy; got != p {
				w.Errorf("policy %s, want %s", got, p)
			}
		}
		w.ada.post("/manager/apps", api.NewApp{Name: unique("App "), Policy: "Everybody"}).invalid("/policy", api.FieldUnknown)
	}},
	{26, "None: nobody creates a token, administrators included", nil, func(w *world) {
		app := w.newApp(api.PolicyNone)
		w.bob.create(w.bob.wish().with("appId", app.ID)).refused(http.StatusForbidden, api.CodePolicyNone)
		w.ada.create(w.ada.wish().with("appId", app.ID)).refused(http.StatusForbidden, api.CodePolicyNone)
		w.ada.createSAT(app, w.ada.wish()).refused(http.StatusForbidden, api.CodePolicyNone)
	}},
	{27, "AuthenticatedUsers: any user creates a PAT", nil, func(w *world) {
		w.bob.create(w.bob.wish()).is(http.StatusCreated)
	}},
	{28, "AuthenticatedUsers: only administrators create a SAT", nil, func(w *world) {
		w.bob.createSAT(w.app, w.bob.wish()).refused(http.StatusForbidden, api.CodeDenied)
		w.ada.createSAT(w.app, w.ada.wish()).is(http.StatusCreated)
	}},
	{29, "AdministratorsOnly: only administrators create a PAT or a SAT", nil, func(w *world) {
		app := w.newApp(api.PolicyAdministratorsOnly)
		w.bob.create(w.bob.wish().with("appId", app.ID)).refused(http.StatusForbidden, api.CodePolicyAdmins)
		w.bob.createSAT(app, w.bob.wish()).refused(http.StatusForbidden, api.CodeDenied)
		w.ada.create(w.ada.wish().with("appId", app.ID)).is(http.StatusCreated)
		w.ada.createSAT(app, w.ada.wish()).is(http.StatusCreated)
	}},
	{32, "The server enforces the policies whatever a client offers", nil, func(w *world) {
		app := w.newApp(api.PolicyAuthenticatedUsers)
		w.bob.create(w.bob.wish().with("appId", app.ID)).is(http.StatusCreated)
		w.ada.patch("/manager/apps/"+app.ID, map[string]any{"policy": api.PolicyNone})
		w.bob.create(w.bob.wish().with("appId", app.ID)).refused(http.StatusForbidden, api.CodePolicyNone)
	}},
	{35, "App pages and their token lists answer only administrators", nil, func(w *world) {
		for _, path := range []string{"/manager/apps", "/manager/apps/" + w.app.ID, "/manager/apps/" + w.app.ID + "/tokens"} {
			w.bob.get(path).refused(http.StatusForbidden, api.CodeDenied)
			w.ada.get(path).is(http.StatusOK)
		}
	}},
}
