/// A route's `require`, compiled: every rule must hold. Evaluating allocates nothing.
package struct ClaimRules: Sendable {
    struct Rule: Sendable {
        let path: [UInt8]
        /// One of them must hold.
        let conditions: [Condition]
    }

    enum Condition: Sendable {
        case exactly(ClaimPattern)
        case oneOf([ClaimPattern])
        case contains(ClaimPattern)
        case present

        var captureNames: [String] {
            switch self {
            case .oneOf(let patterns): patterns.compactMap(\.captureName)
            case .exactly(let pattern), .contains(let pattern): [pattern].compactMap(\.captureName)
            case .present: []
            }
        }
    }

    let rules: [Rule]
    /// The captures that the route's pattern must have.
    package let captureNames: Set<String>

    /// Paths are as for `Claims.value(at:)`.
    package static func compile(
        _ rules: [(path: String, rule: ClaimRule)]
    ) throws(ClaimRuleProblem) -> ClaimRules {
        var compiled: [Rule] = []
        for (index, (path, rule)) in rules.enumerated() {
            guard !path.isEmpty else { throw ClaimRuleProblem(index: index, path: path, kind: .emptyPath) }
            do throws(ClaimPatternProblem) {
                compiled.append(Rule(path: Array(path.utf8), conditions: try self.conditions(rule)))
            } catch {
                throw ClaimRuleProblem(index: index, path: path, kind: error.kind)
            }
        }
        return ClaimRules(compiled)
    }

    private init(_ rules: [Rule]) {
        self.rules = rules
        self.captureNames = Set(rules.flatMap(\.conditions).flatMap(\.captureNames))
    }

    private static func conditions(_ rule: ClaimRule) throws(ClaimPatternProblem) -> [Condition] {
        guard case .any(let rules) = rule else { return [try self.condition(rule)] }
        guard !rules.isEmpty else { throw .init(kind: .noAlternatives) }
        var conditions: [Condition] = []
        for rule in rules { conditions.append(try self.condition(rule)) }
        return conditions
    }

    private static func condition(_ rule: ClaimRule) throws(ClaimPatternProblem) -> Condition {
        switch rule {
        case .any:
            throw .init(kind: .nestedAlternatives)
        case .value(let scalar):
            return .oneOf([try ClaimPattern(scalar)])
        case .equals(let scalar):
            return .exactly(try ClaimPattern(scalar))
        case .oneOf(let scalars):
            guard !scalars.isEmpty else { throw .init(kind: .noAlternatives) }
            var patterns: [ClaimPattern] = []
            for scalar in scalars { patterns.append(try ClaimPattern(scalar)) }
            return .oneOf(patterns)
        case .contains(let scalar):
            guard scalar != .text("") else { throw .init(kind: .emptyWord) }
            return .contains(try ClaimPattern(scalar))
        case .present(let isThere):
            guard isThere else { throw .init(kind: .absence) }
            return .present
        }
    }

    package var isEmpty: Bool { self.rules.isEmpty }

    /// `captures` gives the text, decoded once as for matching, that the route's pattern captured under a name.
    package func evaluate(_ claims: Claims, captures: (String) -> String?) -> Bool {
        for rule in self.rules {
            guard let node = claims.node(at: rule.path[...]),
                self.holds(rule.conditions, claims.document, node, captures)
            else { return false }
        }
        return true
    }

    func holds(
        _ conditions: [Condition],
        _ document: JSONDocument,
        _ node: Int,
        _ captures: (String) -> String?
    ) -> Bool {
        for condition in conditions where self.holds(condition, document, node, captures) { return true }
        return false
    }

    private func holds(
        _ condition: Condition,
        _ document: JSONDocument,
        _ node: Int,
        _ captures: (String) -> String?
    ) -> Bool {
        switch condition {
        case .present:
            return document.kind(node) != .null
        case .exactly(let pattern):
            return pattern.fits(document, node, captures)
        case .oneOf(let patterns):
            for pattern in patterns where self.isEqual(pattern, document, node, captures) { return true }
            return false
        case .contains(let pattern):
            switch document.kind(node) {
            case .array: return self.isElement(pattern, of: node, document, captures)
            case .string: return self.isWord(pattern, of: document.utf8(of: node), captures)
            case .object, .integer, .number, .true, .false, .null: return false
            }
        }
    }

    private func isEqual(
        _ pattern: ClaimPattern,
        _ document: JSONDocument,
        _ node: Int,
        _ captures: (String) -> String?
    ) -> Bool {
        document.kind(node) == .array
            ? self.isElement(pattern, of: node, document, captures)
            : pattern.fits(document, node, captures)
    }

    private func isElement(
        _ pattern: ClaimPattern,
        of array: Int,
        _ document: JSONDocument,
        _ captures: (String) -> String?
    ) -> Bool {
        var item = document.first(in: array)
        while item < document.end(of: array) {
            if pattern.fits(document, item, captures) { return true }
            item = document.after(item)
        }
        return false
    }

    private func isWord(_ pattern: ClaimPattern, of text: ArraySlice<UInt8>, _ captures: (String) -> String?) -> Bool {
        var rest = text
        while true {
            let end = rest.firstIndex(of: 0x20) ?? rest.endIndex
            let word = rest[..<end]
            if !word.isEmpty, pattern.fits(word, captures) { return true }
            guard end < rest.endIndex else { return false }
            rest = rest[(end + 1)...]
        }
    }
}
