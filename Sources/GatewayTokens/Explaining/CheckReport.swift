/// One thing that was looked at, and what came of it: for whoever explains a verdict.
///
/// `detail` may quote claims and names as the token says them, so whoever shows it makes it harmless first. It never holds a
/// token, a key or a part of one.
package struct CheckReport: Sendable, Equatable {
    package enum Outcome: String, Sendable {
        case passed, failed
        /// Nobody asks for it, or it cannot be asked any more.
        case skipped
    }

    /// A stable word.
    package var name: String
    package var outcome: Outcome
    package var detail: String

    package init(_ name: String, _ outcome: Outcome, _ detail: String = "") {
        self.name = name
        self.outcome = outcome
        self.detail = detail
    }
}

extension String {
    /// In quotation marks, and cut where it becomes longer than anybody wants to read.
    package var quotedForReport: String {
        let longest = 100
        return self.unicodeScalars.count <= longest
            ? "“\(self)”" : "“\(String(String.UnicodeScalarView(self.unicodeScalars.prefix(longest))))…”"
    }
}
