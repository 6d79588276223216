extension ClaimRules {
    /// Each rule by itself, in the order of the file. Without claims none is asked.
    package func examine(_ claims: Claims?, captures: (String) -> String?) -> [CheckReport] {
        self.rules.map { rule in
            let wanted = rule.conditions.map { Self.text($0, captures) }.joined(separator: ", or ")
            let name = String(decoding: rule.path, as: UTF8.self)
            guard let claims else { return CheckReport(name, .skipped, "wanted: \(wanted)") }
            guard let node = claims.node(at: rule.path[...]) else {
                return CheckReport(name, .failed, "the claim is not there; wanted: \(wanted)")
            }
            let holds = self.holds(rule.conditions, claims.document, node, captures)
            return CheckReport(name, holds ? .passed : .failed, "\(claims.document.reported(node)); wanted: \(wanted)")
        }
    }

    private static func text(_ condition: Condition, _ captures: (String) -> String?) -> String {
        switch condition {
        case .present: "anything but null"
        case .exactly(let pattern): "equal to \(self.text(pattern, captures))"
        case .contains(let pattern): "a list or text with \(self.text(pattern, captures))"
        case .oneOf(let patterns):
            patterns.map { self.text($0, captures) }.joined(separator: " or ") + ", or a list with it"
        }
    }

    private static func text(_ pattern: ClaimPattern, _ captures: (String) -> String?) -> String {
        switch pattern {
        case .bool(let value): return value ? "true" : "false"
        case .literal(let text): return String(decoding: text, as: UTF8.self).quotedForReport
        case .capture(let name, let prefix, let suffix):
            guard let captured = captures(name) else { return "{\(name)}, which nothing was captured for" }
            let text = String(decoding: prefix, as: UTF8.self) + captured + String(decoding: suffix, as: UTF8.self)
            return "\(text.quotedForReport) by {\(name)}"
        }
    }
}
