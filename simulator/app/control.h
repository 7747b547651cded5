// What can be asked of a server that runs, and told to it: the requests of the control interface and their
// answers. docs/reference/control.md has them all.
#pragma once

#include "engine/simulator.h"
#include "http/message.h"
#include "net/clock.h"
#include "net/server.h"

namespace fakemx::app {

class Control {
public:
    /// All outlive the control.
    Control(engine::Simulator& simulator, net::Server& server, net::Clock& clock)
        : simulator_(simulator), server_(server), clock_(clock) {}

    http::Answer answer(const http::Request& request);

private:
    http::Answer show_clock();
    http::Answer move_clock(const std::string& body);
    http::Answer answer_state(const http::Request& request);
    http::Answer show_state();
    http::Answer change_state(const std::string& body);
    http::Answer restore_state(const std::string& body);

    engine::Simulator& simulator_;
    net::Server& server_;
    net::Clock& clock_;
};

}  // namespace fakemx::app
