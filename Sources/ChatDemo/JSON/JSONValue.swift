/// A JSON document as a value. Objects keep the order of their members; numbers keep their text.
enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])
}

/// One name and value of an object.
struct JSONMember: Sendable, Equatable {
    let name: String
    let value: JSONValue
}

extension JSONValue {
    static func int(_ value: some BinaryInteger) -> JSONValue {
        .number(String(value))
    }

    /// The member of that name, the last one when a name is repeated, as Python's dictionaries have it.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// Whole seconds of a number, fractions cut off; nil for what no clock can hold.
    var seconds: Int64? {
        guard case .number(let text) = self, let value = Double(text) else { return nil }
        return Int64(exactly: value.rounded(.towardZero))
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { JSONMember(name: $0.0, value: $0.1) })
    }
}
