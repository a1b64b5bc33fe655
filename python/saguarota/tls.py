"""TLS for ``http``: a module of its own so that plain HTTP does not load it."""


def connect(connection, name, ssl_context):
    """TLS over a connection to the host ``name``. Raises OSError, ValueError."""
    if ssl_context:
        return ssl_context.wrap_socket(connection, server_hostname=name)
    try:
        import ssl
    except ImportError:
        raise ValueError("this MicroPython has no ssl module for https")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        return context.wrap_socket(connection, server_hostname=name)
    except (OSError, ValueError) as e:
        raise ValueError("%s: pass ssl_context with the CA certificate of the server" % e)
