package server

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/server/picture"
)

type pictureRequest struct {
	Size        string `path:"size" enum:"64,128" doc:"Its width and height in pixels."`
	IfNoneMatch string `header:"If-None-Match" maxLength:"512" doc:"The ETag of the picture that the caller has."`
}

type pictureReply struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Vary         string `header:"Vary"`
	Body         []byte
}

// routePicture registers the picture that api.Me points at (design: 64 and 128
// pixels). It is the caller's own, so only the caller's cache may keep it.
func (s *Server) routePicture() {
	op := huma.Operation{
		OperationID: "picture", Method: http.MethodGet, Path: "/profile/me/picture/{size}", Tags: []string{"Profile"},
		Summary: "The caller's picture", Description: "A PNG with the caller's initials. A SAT is no user: 403.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The picture", Content: map[string]*huma.MediaType{"image/png": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
			"304": {Description: "The caller has it"},
		},
	}
	s.describe(&op, reader)
	huma.Register(s.api, op, s.picture)
}

func (s *Server) picture(ctx context.Context, in *pictureRequest) (*pictureReply, error) {
	me, err := s.tokens.Me(ctx, callerOf(ctx))
	if err != nil {
		return nil, s.problemOf(ctx, err)
	}
	size := 64
	if in.Size == "128" {
		size = 128
	}
	p := picture.Of(me.ID, me.Name, me.Login, size)
	out := &pictureReply{
		Status: http.StatusOK, ContentType: "image/png", ETag: `"` + p.Tag() + `"`,
		CacheControl: "private, max-age=3600", Vary: "Authorization, X-Api-Key, Api-Key",
	}
	if sameTag(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
		return out, nil
	}
	if out.Body, err = p.PNG(); err != nil {
		return nil, s.problemOf(ctx, err)
	}
	return out, nil
}

// sameTag reports whether an If-None-Match names tag (RFC 9110, section 13.1.2).
func sameTag(header, tag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(one string) bool {
		one = strings.TrimSpace(one)
		return one == "*" || strings.TrimPrefix(one, "W/") == tag
	})
}
