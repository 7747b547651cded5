// Asio's own code, compiled once for the whole program. Every other unit includes Asio's
// declarations only, which is what keeps them quick to compile (BOOST_ASIO_SEPARATE_COMPILATION,
// set by the target fakemx_asio).

#include <boost/asio/impl/src.hpp>
