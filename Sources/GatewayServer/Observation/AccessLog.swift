package import GatewaySettings

/// One worker's access log: renders records as lines. Confined to the worker's loop.
package final class AccessLog {
    private var line: LogLine
    private var buffer: LogBuffer

    package init(sink: LogSink, format: LogFormat) {
        self.line = LogLine(format: format)
        self.buffer = LogBuffer(sink: sink)
    }

    /// `path` without the query, which is never logged.
    package func append(_ record: AccessRecord, method: borrowing RawSpan, path: borrowing RawSpan, hasQuery: Bool) {
        self.line.begin(record.time, kind: "request", in: &self.buffer.bytes)
        self.line.add(LogKey.method, text: method, to: &self.buffer.bytes)
        self.line.add(LogKey.requestPath, path: path, hasQuery: hasQuery, to: &self.buffer.bytes)
        self.line.add(LogKey.requestStatus, number: Int64(record.status), to: &self.buffer.bytes)
        self.line.add(LogKey.refused, label: record.refusal, to: &self.buffer.bytes)
        self.line.add(LogKey.durationMilliseconds, milliseconds: record.microseconds, to: &self.buffer.bytes)
        self.line.add(LogKey.bytesSent, number: Int64(record.bytesSent), to: &self.buffer.bytes)
        self.line.add(LogKey.bytesReceived, number: Int64(record.bytesReceived), to: &self.buffer.bytes)
        self.line.add(LogKey.transport, label: record.transport.name, to: &self.buffer.bytes)
        self.addParties(
            client: record.client, route: record.route, upstream: record.upstream, user: record.user, id: record.id)
        if !record.requestID.isEmpty {
            self.line.add(LogKey.requestID, text: record.requestID.span.bytes, to: &self.buffer.bytes)
        }
        self.endLine()
    }

    package func append(_ record: WebSocketOpenRecord, path: borrowing RawSpan, hasQuery: Bool) {
        self.line.begin(record.time, kind: "websocket_open", in: &self.buffer.bytes)
        self.line.add(LogKey.requestPath, path: path, hasQuery: hasQuery, to: &self.buffer.bytes)
        self.line.add(LogKey.durationMilliseconds, milliseconds: record.microseconds, to: &self.buffer.bytes)
        self.line.add(LogKey.subprotocol, optional: record.subprotocol, to: &self.buffer.bytes)
        self.line.add(LogKey.compressed, flag: record.isCompressed, to: &self.buffer.bytes)
        self.addParties(
            client: record.client, route: record.route, upstream: record.upstream, user: record.user, id: record.id)
        self.endLine()
    }

    package func append(_ record: WebSocketCloseRecord) {
        self.line.begin(record.time, kind: "websocket_close", in: &self.buffer.bytes)
        self.line.add(LogKey.closedBy, label: record.closedBy.label, to: &self.buffer.bytes)
        self.add(LogKey.clientCode, code: record.clientCode)
        self.add(LogKey.upstreamCode, code: record.upstreamCode)
        self.line.add(LogKey.reason, label: record.reason, to: &self.buffer.bytes)
        self.line.add(LogKey.durationMilliseconds, milliseconds: record.microseconds, to: &self.buffer.bytes)
        self.line.add(LogKey.messagesFromClient, number: Int64(record.messagesFromClient), to: &self.buffer.bytes)
        self.line.add(LogKey.bytesFromClient, number: Int64(record.bytesFromClient), to: &self.buffer.bytes)
        self.line.add(LogKey.messagesFromUpstream, number: Int64(record.messagesFromUpstream), to: &self.buffer.bytes)
        self.line.add(LogKey.bytesFromUpstream, number: Int64(record.bytesFromUpstream), to: &self.buffer.bytes)
        self.addParties(
            client: record.client, route: record.route, upstream: record.upstream, user: record.user, id: record.id)
        self.endLine()
    }

    /// Hands everything over to the sink; called at most every 100 ms by the worker's tick, and before the end.
    package func flush() {
        self.buffer.flush()
    }

    private func add(_ key: StaticString, code: UInt16?) {
        if let code {
            self.line.add(key, number: Int64(code), to: &self.buffer.bytes)
        } else {
            self.line.addNothing(key, to: &self.buffer.bytes)
        }
    }

    private func addParties(client: [UInt8], route: String, upstream: String, user: String, id: ExchangeID) {
        if client.isEmpty {
            self.line.addNothing(LogKey.client, to: &self.buffer.bytes)
        } else {
            self.line.add(LogKey.client, text: client.span.bytes, to: &self.buffer.bytes)
        }
        self.line.add(LogKey.matchedRoute, optional: route, to: &self.buffer.bytes)
        self.line.add(LogKey.usedUpstream, optional: upstream, to: &self.buffer.bytes)
        self.line.add(LogKey.user, optional: user, to: &self.buffer.bytes)
        self.line.add(LogKey.id, id: id, to: &self.buffer.bytes)
    }

    private func endLine() {
        self.line.end(&self.buffer.bytes)
        self.buffer.endLine()
    }
}
