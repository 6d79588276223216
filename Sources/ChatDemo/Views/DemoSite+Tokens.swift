import NIOHTTP1

/// `/api/token/` and `/api/token/refresh/`, answering word for word as simplejwt's views do.
extension DemoSite {
    func obtainToken(_ request: DemoRequest, now: Int64) -> DemoResponse {
        let fields: Fields
        switch self.fields(of: request, required: ["username", "password"]) {
        case .success(let read): fields = read
        case .failure(let refusal): return refusal.response
        }
        guard let user = directory.user(name: fields["username"], password: fields["password"]) else {
            return .detail(
                "No active account found with the given credentials", status: .unauthorized,
                headers: DemoResponse.challenge
            )
        }
        return answer { () throws(TokenMint.Problem) in
            let pair = try mint.pair(for: user, now: now)
            return ["refresh": .string(pair.refresh), "access": .string(pair.access)]
        }
    }

    func refreshToken(_ request: DemoRequest, now: Int64) -> DemoResponse {
        let fields: Fields
        switch self.fields(of: request, required: ["refresh"]) {
        case .success(let read): fields = read
        case .failure(let refusal): return refusal.response
        }
        return answer { () throws(TokenMint.Problem) in
            ["access": .string(try mint.access(refresh: fields["refresh"], users: directory, now: now))]
        }
    }

    private func answer(_ body: () throws(TokenMint.Problem) -> JSONValue) -> DemoResponse {
        do {
            return .json(try body())
        } catch {
            switch error {
            case .invalid: return refused("Token is invalid")
            case .expired: return refused("Token is expired")
            case .wrongType: return refused("Token has wrong type")
            case .unknownUser:
                return .detail(
                    "No active account found for the given token.", status: .unauthorized,
                    headers: DemoResponse.challenge
                )
            case .noSignature: return .detail("A server error occurred.", status: .internalServerError)
            }
        }
    }

    private func refused(_ detail: String) -> DemoResponse {
        .json(
            ["detail": .string(detail), "code": "token_not_valid"], status: .unauthorized,
            headers: DemoResponse.challenge
        )
    }
}

extension DemoSite {
    /// The fields of a body that has passed the serializer's checks: each wanted one is there and not blank.
    private struct Fields {
        fileprivate var values: [String: String] = [:]
        subscript(_ name: String) -> String { values[name] ?? "" }
    }

    private struct Refusal: Error {
        let response: DemoResponse
    }

    private func fields(of request: DemoRequest, required: [String]) -> Result<Fields, Refusal> {
        let body: JSONValue
        let mediaType = request.headers.first(name: "Content-Type") ?? ""
        switch mediaType.prefix(while: { $0 != ";" && $0 != " " }).lowercased() {
        case "application/json":
            guard let value = JSONReader.read(request.body) else {
                let detail = "JSON parse error - the body is not a JSON document"
                return .failure(Refusal(response: .detail(detail, status: .badRequest)))
            }
            body = value
        case "application/x-www-form-urlencoded", "": body = .object(PercentEncoding.formFields(request.body))
        default:
            let detail = "Unsupported media type \"\(mediaType)\" in request."
            return .failure(Refusal(response: .detail(detail, status: .unsupportedMediaType)))
        }
        return check(body, required: required)
    }

    private func check(_ body: JSONValue, required: [String]) -> Result<Fields, Refusal> {
        guard case .object = body else {
            let detail = "Invalid data. Expected a dictionary, but got \(body.pythonTypeName)."
            return .failure(Refusal(response: .json(["non_field_errors": [.string(detail)]], status: .badRequest)))
        }
        var fields = Fields()
        var problems: [JSONMember] = []
        for name in required {
            switch charField(body[name]) {
            case .success(let text): fields.values[name] = text
            case .failure(let problem): problems.append(JSONMember(name: name, value: [.string(problem.text)]))
            }
        }
        guard problems.isEmpty else {
            return .failure(Refusal(response: .json(.object(problems), status: .badRequest)))
        }
        return .success(fields)
    }

    private struct FieldProblem: Error {
        let text: String
    }

    /// A CharField's rules: numbers are taken as text, other types are not.
    private func charField(_ value: JSONValue?) -> Result<String, FieldProblem> {
        switch value {
        case nil: .failure(FieldProblem(text: "This field is required."))
        case .null: .failure(FieldProblem(text: "This field may not be null."))
        case .string(let text) where text.allSatisfy(\.isWhitespace):
            .failure(FieldProblem(text: "This field may not be blank."))
        case .string(let text), .number(let text): .success(text)
        case .bool, .array, .object: .failure(FieldProblem(text: "Not a valid string."))
        }
    }
}

extension JSONValue {
    fileprivate var pythonTypeName: String {
        switch self {
        case .null: "NoneType"
        case .bool: "bool"
        case .number(let text): text.allSatisfy { $0 == "-" || $0.isNumber } ? "int" : "float"
        case .string: "str"
        case .array: "list"
        case .object: "dict"
        }
    }
}
