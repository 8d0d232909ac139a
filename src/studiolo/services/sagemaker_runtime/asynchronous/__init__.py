"""Asynchronous endpoints: requests are accepted into the store at once and answered later, whatever ends meanwhile.

invocation.py   the record of one request, and its documents: pure
accept.py       InvokeEndpointAsync
processor.py    takes what is queued to the model, as many at a time as the endpoint allows
notify.py       what is said about it afterwards
"""
