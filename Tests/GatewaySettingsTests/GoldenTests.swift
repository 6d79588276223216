import Testing

/// Each golden holds a settings file, a line of `=`, and exactly what is printed about it.
@Suite struct GoldenTests {
    private static let separator = "\n==========\n"

    /// `TOLLGATE_UPDATE_GOLDENS=1` writes the printed text back; read the difference before committing it.
    @Test(arguments: Project.files(in: Project.goldens, suffix: ".golden"))
    func problems_arePrintedExactly_whenFileIsBroken(name: String) {
        let path = "\(Project.goldens)/\(name)"
        let (yaml, expected) = split(Project.text(path))
        let printed = Reading.of(yaml).rendered.joined(separator: "\n")
        #expect(!printed.isEmpty)
        #expect(!printed.contains(Reading.secret))
        if Project.environment("TOLLGATE_UPDATE_GOLDENS") != nil {
            Project.write(yaml + Self.separator + printed + "\n", to: path)
        } else {
            #expect(printed + "\n" == expected)
        }
    }

    @Test func goldens_areFound() { #expect(Project.files(in: Project.goldens, suffix: ".golden").count > 20) }

    private func split(_ text: String) -> (yaml: String, printed: String) {
        guard let range = text.firstRange(of: Self.separator) else { return (text, "") }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }
}
