package import GatewayMessage
import GatewaySettings

/// What a route does to the header lines of its requests.
struct RequestEdits: Sendable {
    private struct Name: Sendable {
        var hash: UInt32
        var folded: [UInt8]
    }

    private let names: [Name]
    /// Whole lines to send beside what is left.
    let lines: [UInt8]

    init(_ settings: HeaderEditSettings) {
        self.names = (settings.set.map(\.name.value) + settings.remove.map(\.value)).map {
            Name(hash: FoldedName.hash(of: $0), folded: FoldedName.folded($0))
        }
        self.lines = (settings.set + settings.add).flatMap(\.line)
    }

    /// Drops the lines that are removed or replaced, in every spelling that a server may fold to their names.
    func apply(to head: inout RequestHead, bytes: RawSpan) {
        guard !self.names.isEmpty else { return }
        for index in head.fields.indices where !head.fields[index].isDropped {
            if self.contains(head.fields[index], in: bytes) { head.fields[index].isDropped = true }
        }
    }

    private func contains(_ field: HeaderField, in bytes: RawSpan) -> Bool {
        names: for name in self.names where name.hash == field.foldedHash && name.folded.count == field.name.count {
            for index in 0..<name.folded.count
            where FoldedName.fold(bytes.at(field.name.lowerBound + index)) != name.folded[index] { continue names }
            return true
        }
        return false
    }
}

/// What a route does to the header lines of its responses.
package struct ResponseEdits: Sendable {
    /// Lower case.
    private let names: [[UInt8]]
    /// `cors` is on: the backend has no say in it.
    private let dropsCORS: Bool
    /// Whole lines to send beside what is left.
    package let lines: [UInt8]

    /// Nil when there is nothing to do.
    init?(_ settings: HeaderEditSettings, dropsCORS: Bool) {
        guard dropsCORS || !settings.isEmpty else { return nil }
        self.names = (settings.set.map(\.name.value) + settings.remove.map(\.value)).map {
            $0.utf8.map(asciiLowercase)
        }
        self.dropsCORS = dropsCORS
        self.lines = (settings.set + settings.add).flatMap(\.line)
    }

    private static let corsPrefix: [UInt8] = Array("access-control-".utf8)

    /// Marks the backend's lines that are removed or replaced.
    package func apply(to head: inout ResponseHead, bytes: RawSpan) {
        for index in head.fields.indices where !head.fields[index].isDropped {
            if self.contains(head.fields[index].name, in: bytes) { head.fields[index].isDropped = true }
        }
    }

    private func contains(_ name: ByteRange, in bytes: RawSpan) -> Bool {
        if self.dropsCORS, name.count >= Self.corsPrefix.count {
            let opening = ByteRange(start: name.lowerBound, end: name.lowerBound + Self.corsPrefix.count)
            if bytes.isEqualIgnoringCase(opening, Self.corsPrefix) { return true }
        }
        for removed in self.names where bytes.isEqualIgnoringCase(name, removed) { return true }
        return false
    }
}

extension HeaderLineSettings {
    fileprivate var line: [UInt8] { Array("\(self.name.value): \(self.value.value)\r\n".utf8) }
}
