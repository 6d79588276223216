/// Django's `path()` syntax: literal text with `<converter:name>` in it.
enum DjangoPath {
    static func parse(_ route: String) throws(PatternProblem) -> RegexSyntax {
        var nodes: [RegexNode] = []
        var names: [RegexSyntax.GroupName] = []
        var rest = route[...]
        while let component = Self.nextComponent(in: rest) {
            nodes += rest[..<component.start].unicodeScalars.map { .scalar($0.value) }
            rest = rest[component.end...]
            let (converter, name) = try Self.split(component.content, of: route)
            guard !names.contains(where: { $0.name == name }) else {
                throw PatternProblem("the parameter “\(name)” is used twice", hint: nil)
            }
            names.append(RegexSyntax.GroupName(name: name, index: names.count + 1))
            nodes.append(.group(names.count, try Self.node(of: converter)))
        }
        nodes += rest.unicodeScalars.map { .scalar($0.value) }
        return RegexSyntax(node: .sequence(nodes), groupCount: names.count, groupNames: names)
    }

    /// The next `<…>` with something inside; to Django a lone bracket is literal text.
    private static func nextComponent(
        in text: Substring
    ) -> (start: Substring.Index, content: Substring, end: Substring.Index)? {
        var search = text
        while let open = search.unicodeScalars.firstIndex(of: "<") {
            let inside = text.unicodeScalars[text.unicodeScalars.index(after: open)...]
            guard let close = inside.firstIndex(of: ">") else { return nil }
            if close > inside.startIndex {
                return (open, Substring(inside[..<close]), text.unicodeScalars.index(after: close))
            }
            search = Substring(inside)
        }
        return nil
    }

    private static func split(_ content: Substring, of route: String) throws(PatternProblem) -> (String, String) {
        guard !content.unicodeScalars.contains(where: { " \t\n\r\u{0B}\u{0C}".unicodeScalars.contains($0) }) else {
            throw PatternProblem("“<\(content)>” holds a blank", hint: "<int:room_id>")
        }
        let parts = content.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let (converter, name) = parts.count == 2 ? (parts[0], parts[1]) : ("str", content)
        guard RegexParser.isIdentifier(String(name)), !converter.isEmpty else {
            throw PatternProblem("“\(name)” is not a parameter name", hint: "<int:room_id>")
        }
        return (String(converter), String(name))
    }

    private static func node(of converter: String) throws(PatternProblem) -> RegexNode {
        let hex = RegexNode.characters(CharacterClass(ranges: [0x30...0x39, 0x61...0x66]))
        let many = { (characters: CharacterClass) in
            RegexNode.repetition(.characters(characters), minimum: 1, maximum: nil, isLazy: false)
        }
        switch converter {
        case "int": return many(CharacterClass(ranges: [0x30...0x39]))
        case "str": return many(CharacterClass(ranges: [0x2F...0x2F], isNegated: true))
        case "slug":
            return many(CharacterClass(ranges: [0x2D...0x2D, 0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]))
        case "path": return many(.dot)
        case "uuid":
            let groups = [8, 4, 4, 4, 12].map {
                RegexNode.repetition(hex, minimum: $0, maximum: $0, isLazy: false)
            }
            return .sequence(groups.flatMap { [.scalar(0x2D), $0] }.dropFirst().map { $0 })
        default:
            throw PatternProblem(
                "“\(converter)” is not one of Django's converters",
                hint: "int, str, slug, uuid or path; write the expression of your own as re_path"
            )
        }
    }
}
