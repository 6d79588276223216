/// One line of a route's `require`; every line must hold.
package struct ClaimRequirementSettings: Sendable, Equatable {
    /// A claim's name, dots reach into objects.
    package var claim: Located<String>
    package var rule: ClaimRuleSettings

    package init(claim: Located<String>, rule: ClaimRuleSettings) {
        self.claim = claim
        self.rule = rule
    }
}

/// What is wanted of a claim. One that is missing or null fits nothing.
package indirect enum ClaimRuleSettings: Sendable, Equatable {
    /// `x`: the claim is this value, or an array that has it.
    case value(Located<ClaimScalarSettings>)
    /// `{equals: x}`: the claim is this value and nothing else.
    case equals(Located<ClaimScalarSettings>)
    /// `[x, y]`: at least one, each as in `value`.
    case oneOf([Located<ClaimScalarSettings>])
    /// `{contains: x}`: an array that has this value, or a text that has it among its words, as `scope`.
    case contains(Located<ClaimScalarSettings>)
    /// `{present: true}`
    case present
    /// `{any: […]}`: at least one rule, any but this one.
    case any([ClaimRuleSettings])
}

package enum ClaimScalarSettings: Sendable, Hashable {
    /// Numbers too: `5` and `'5'` are the same. At most one `{name}` in it stands for what the route's pattern captured, `{{` and
    /// `}}` for the braces.
    case text(String)
    case bool(Bool)
}
