/// Routes that stand below one which takes every path: in Django, too, nobody gets there.
enum RouteOrder {
    /// Only what is plain to see. The empty path is one that `<path:rest>` leaves over.
    static func noteUnreached(_ routes: [RouteSettings], _ context: ReadingContext) {
        guard let index = routes.firstIndex(where: self.takesEveryPath) else { return }
        let taker = routes[index]
        for route in routes[(index + 1)...] where self.isHidden(route, by: taker) {
            context.notice(
                "is never reached: the route in line \(taker.location.line) takes every path", at: route.location,
                hint: "put it above that one")
        }
    }

    private static func takesEveryPath(_ route: RouteSettings) -> Bool {
        guard route.hosts == nil else { return false }
        switch route.pattern.value {
        case .path(let text): return text.hasPrefix("<path:") && text.firstIndex(of: ">") == text.indices.last
        case .rePath(let text): return ["", "^", ".*", "^.*", "^.*$"].contains(text)
        }
    }

    private static func isHidden(_ route: RouteSettings, by taker: RouteSettings) -> Bool {
        if route.pattern.value == .path(""), case .path = taker.pattern.value { return false }
        let needsSockets = route.webSocket != nil
        let needsRequests = route.webSocket?.only != true
        return (!needsSockets || taker.webSocket != nil) && (!needsRequests || taker.webSocket?.only != true)
    }
}
