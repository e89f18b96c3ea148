// The page has moved to /landing/. What stands behind # goes with the person and never to a server.
location.replace("landing/" + location.hash);
