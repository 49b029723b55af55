/**
 * Python's values and what its operators, methods and formats do with them, as far as templates need it: None is
 * null, an int a Long or BigInteger, a float a Double, a str a {@link org.djlquant.chat.python.Text}, everything
 * else a {@link org.djlquant.chat.python.PyObject}. Knows nothing of templates. Internal to the chat templates.
 */
package org.djlquant.chat.python;
