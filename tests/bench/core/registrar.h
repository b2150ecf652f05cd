// A registrar reduced to what a client can see, as in ../memory_socket.mjs.
#pragma once

#include <string>
#include <string_view>

// Writes the answer to a REGISTER: a challenge if it has no credentials, else a
// 200 that grants what is asked for.
void respond(std::string_view request, std::string& answer);
