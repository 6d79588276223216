import GatewaySettings
import GatewayTokens

extension PolicyBuilder {
    /// A route's `require`; nil when it requires nothing.
    mutating func requirement(of route: RouteSettings, _ pattern: RoutePattern) -> ClaimRules? {
        guard !route.require.isEmpty else { return nil }
        do throws(ClaimRuleProblem) {
            let rules = try ClaimRules.compile(route.require.map { ($0.claim.value, ClaimRule($0.rule)) })
            let known = Set(pattern.program.groupNames.map(\.name))
            for requirement in route.require {
                let names = try ClaimRules.compile([(requirement.claim.value, ClaimRule(requirement.rule))])
                    .captureNames
                for name in names.subtracting(known).sorted() {
                    self.report("the pattern captures nothing as “\(name)”", at: requirement.claim.location)
                }
            }
            return rules
        } catch {
            let place =
                route.require.indices.contains(error.index) ? route.require[error.index].claim.location : route.location
            self.report(error.message, at: place)
            return nil
        }
    }

    /// The captures that something is made of.
    func captureNames(_ requirement: ClaimRules?, _ pattern: RoutePattern) -> Set<String> {
        var names = requirement?.captureNames ?? []
        for entry in self.settings.identity {
            if case .capture(let name) = entry.source.value { names.insert(name) }
        }
        return names.intersection(pattern.program.groupNames.map(\.name))
    }
}

extension ClaimRule {
    fileprivate init(_ settings: ClaimRuleSettings) {
        switch settings {
        case .value(let scalar): self = .value(ClaimScalar(scalar.value))
        case .equals(let scalar): self = .equals(ClaimScalar(scalar.value))
        case .oneOf(let scalars): self = .oneOf(scalars.map { ClaimScalar($0.value) })
        case .contains(let scalar): self = .contains(ClaimScalar(scalar.value))
        case .present: self = .present(true)
        case .any(let rules): self = .any(rules.map { ClaimRule($0) })
        }
    }
}

extension ClaimScalar {
    fileprivate init(_ settings: ClaimScalarSettings) {
        switch settings {
        case .text(let text): self = .text(text)
        case .bool(let value): self = .bool(value)
        }
    }
}
