/// One line of the `identity` block: a header to inject and where its value comes from.
package struct IdentityHeaderSettings: Sendable, Equatable {
    package var header: Located<String>
    package var source: Located<IdentitySourceSettings>

    package init(header: Located<String>, source: Located<IdentitySourceSettings>) {
        self.header = header
        self.source = source
    }

    package init(header: Located<String>, claim: Located<String>) {
        self.init(header: header, source: Located(.claim(claim.value, .text), at: claim.location))
    }

    /// Nil when the value comes from elsewhere.
    package var claim: Located<String>? {
        guard case .claim(let name, _) = self.source.value else { return nil }
        return Located(name, at: self.source.location)
    }
}

package enum IdentitySourceSettings: Sendable, Equatable {
    /// A claim's name, dots reach into objects.
    case claim(String, IdentityFormat)
    /// What the route's pattern captured under this name; on other routes there is no such header.
    case capture(String)
    /// Visible ASCII with blanks inside.
    case constant(String)
}

package enum IdentityFormat: String, Sendable, CaseIterable {
    /// Texts and whole numbers as they are; there is no header for other claims.
    case text
    /// Any claim, encoded as JSON.
    case json
}
