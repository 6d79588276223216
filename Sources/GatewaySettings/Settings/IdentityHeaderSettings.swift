/// One line of the `identity` block: a header to inject and where its value comes from.
package struct IdentityHeaderSettings: Sendable {
    package var header: Located<String>
    /// A claim's name, dots reach into objects.
    package var claim: Located<String>

    package init(header: Located<String>, claim: Located<String>) {
        self.header = header
        self.claim = claim
    }
}
