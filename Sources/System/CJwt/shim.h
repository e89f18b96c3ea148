#pragma once
// libjwt, an independent implementation of JSON Web Tokens: the oracle that the tests of our own ticket
// verification compare it with. No service links it.
#include <jwt.h>
