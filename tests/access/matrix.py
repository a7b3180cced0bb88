"""Who may do what: every route, method by method, against every role (`roles.ROLES`).

    2xx            allowed, and done
    401            who are you?
    403            you may see this and may not do it
    404            you may not know that it is there: the same answer as for what does not exist
    404n           allowed to know, and there is none of it
    409, 422, 400  allowed, and it cannot be done now, for a reason that has nothing to do with who asks
    302            to the operators' login

A row `self` is the same route with the caller's own id in it.
"""
# ruff: noqa: E501

API = """
                                                          anon strg invi left rmvd view memb ownr othr shop shp2 oper oprt rvkd
GET    health/live                                         200  200  200  200  200  200  200  200  200  200  200  200  200  200
GET    health/ready                                        200  200  200  200  200  200  200  200  200  200  200  200  200  200
GET    schema/                                             200  200  200  200  200  200  200  200  200  200  200  200  200  200
GET    event-kinds                                         401  200  200  200  200  200  200  200  200  401  401  401  401  401

GET    me                                                  401  200  200  200  200  200  200  200  200  401  401  401  401  401
PATCH  me                                                  401  200  200  200  200  200  200  200  200  401  401  401  401  401
GET    me/devices                                          401  200  200  200  200  200  200  200  200  401  401  401  401  401
DELETE me/devices/<uuid:device_id>                         401  404  404  404  404  404  204  404  404  401  401  401  401  401
GET    me/sources                                          401  200  200  200  200  200  200  200  200  401  401  401  401  401
POST   me/sources                                          401  201  201  201  201  201  201  201  201  401  401  401  401  401
PATCH  me/sources/<uuid:source_id>                         401  404  404  404  404  404  200  404  404  401  401  401  401  401
DELETE me/sources/<uuid:source_id>                         401  404  404  404  404  404  204  404  404  401  401  401  401  401
GET    me/pin                                              401  200  200  200  200  200  200  200  200  401  401  401  401  401
POST   me/pin                                              401  409  409  409  409  409  409  409  409  401  401  401  401  401
PATCH  me/pin                                              401  200  200  200  200  200  200  200  200  401  401  401  401  401
POST   me/pin/reset                                        401  204  204  204  204  204  204  204  204  401  401  401  401  401
POST   me/pin/reset/confirm                                401  422  422  422  422  422  422  422  422  401  401  401  401  401
POST   pin/proofs                                          401  201  201  201  201  201  201  201  201  401  401  401  401  401
POST   ws-tickets                                          401  201  201  201  201  201  201  201  201  401  401  401  401  401

GET    groups                                              401  200  200  200  200  200  200  200  200  401  401  401  401  401
POST   groups                                              401  201  201  201  201  201  201  201  201  401  401  401  401  401
GET    groups/<uuid:group_id>                              401  404  404  404  404  200  200  200  404  401  401  401  401  401
PATCH  groups/<uuid:group_id>                              401  404  404  404  404  403  403  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/members                      401  404  404  404  404  200  200  200  404  401  401  401  401  401
PATCH  groups/<uuid:group_id>/members/<uuid:user_id>       401  404  404  404  404  403  202  202  404  401  401  401  401  401
PATCH  groups/<uuid:group_id>/members/<uuid:user_id> self  401  404  404  404  404  403  202  202  404  401  401  401  401  401
DELETE groups/<uuid:group_id>/members/<uuid:user_id>       401  404  404  404  404  403  202  202  404  401  401  401  401  401
DELETE groups/<uuid:group_id>/members/<uuid:user_id> self  401  404  404  404  404  200  200  422  404  401  401  401  401  401

GET    groups/<uuid:group_id>/invitations                  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/invitations                  401  404  404  404  404  403  201  201  404  401  401  401  401  401
DELETE groups/<uuid:group_id>/invitations/<uuid:invitation_id>  401  404  404  404  404  403  403  204  404  401  401  401  401  401
GET    invitations/<str:code>                              401  404  200  200  200  200  200  200  200  401  401  401  401  401
POST   invitations/<str:code>/accept                       401  404  200  200  200  409  409  409  200  401  401  401  401  401
POST   invitations/<str:code>/decline                      401  404  204  204  204  409  409  409  204  401  401  401  401  401

GET    groups/<uuid:group_id>/contributions                401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/contributions                401  404  404  404  404  201  201  201  404  401  401  401  401  401
GET    groups/<uuid:group_id>/contributions/<uuid:contribution_id>  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   rails/<str:rail>/notifications                      401  401  401  401  401  401  401  401  401  401  401  401  401  401

GET    proposal-kinds                                      401  200  200  200  200  200  200  200  200  401  401  401  401  401
GET    groups/<uuid:group_id>/proposals  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/proposals  401  404  404  404  404  403  201  201  404  401  401  401  401  401
GET    groups/<uuid:group_id>/proposals/<uuid:proposal_id>  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/proposals/<uuid:proposal_id>/votes  401  404  404  404  404  200  200  403  404  401  401  401  401  401
POST   groups/<uuid:group_id>/proposals/<uuid:proposal_id>/cancel  401  404  404  404  404  403  403  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/limits  401  404  404  404  404  200  200  200  404  401  401  401  401  401
PUT    groups/<uuid:group_id>/limits  401  404  404  404  404  403  202  202  404  401  401  401  401  401
PUT    groups/<uuid:group_id>/blocks  401  404  404  404  404  403  403  200  404  401  401  401  401  401
PUT    groups/<uuid:group_id>/pauses  401  404  404  404  404  403  200  200  404  401  401  401  401  401

GET    groups/<uuid:group_id>/withdrawals  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/withdrawals  401  404  404  404  404  201  201  201  404  401  401  401  401  401
GET    groups/<uuid:group_id>/withdrawals/<uuid:withdrawal_id>  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/withdrawals/<uuid:withdrawal_id>/objections  401  404  404  404  404  200  403  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/withdrawals/<uuid:withdrawal_id>/cancel  401  404  404  404  404  403  200  403  404  401  401  401  401  401
GET    groups/<uuid:group_id>/exit  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/exit  401  404  404  404  404  200  200  422  404  401  401  401  401  401
GET    groups/<uuid:group_id>/dissolution  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/resignation  401  404  404  404  404  403  403  200  404  401  401  401  401  401
DELETE groups/<uuid:group_id>/resignation  401  404  404  404  404  403  403  204  404  401  401  401  401  401
GET    groups/<uuid:group_id>/settle-up  401  404  404  404  404  200  200  200  404  401  401  401  401  401

GET    groups/<uuid:group_id>/auto-transfers  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/auto-transfers  401  404  404  404  404  201  201  201  404  401  401  401  401  401
GET    groups/<uuid:group_id>/auto-transfers/<uuid:order_id>  401  404  404  404  404  200  200  200  404  401  401  401  401  401
PATCH  groups/<uuid:group_id>/auto-transfers/<uuid:order_id>  401  404  404  404  404  403  200  403  404  401  401  401  401  401
DELETE groups/<uuid:group_id>/auto-transfers/<uuid:order_id>  401  404  404  404  404  403  204  403  404  401  401  401  401  401
POST   groups/<uuid:group_id>/auto-transfers/<uuid:order_id>/pause  401  404  404  404  404  403  200  403  404  401  401  401  401  401
POST   groups/<uuid:group_id>/auto-transfers/<uuid:order_id>/resume  401  404  404  404  404  403  200  403  404  401  401  401  401  401
POST   groups/<uuid:group_id>/auto-transfers/<uuid:order_id>/skip  401  404  404  404  404  403  200  403  404  401  401  401  401  401
GET    groups/<uuid:group_id>/auto-transfers/<uuid:order_id>/runs  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/auto-transfers/<uuid:order_id>/runs/<uuid:run_id>/contribution  401  404  404  404  404  403  201  403  404  401  401  401  401  401
GET    groups/<uuid:group_id>/payees  401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/payees  401  404  404  404  404  403  201  201  404  401  401  401  401  401
DELETE groups/<uuid:group_id>/payees/<uuid:payee_id>  401  404  404  404  404  403  204  204  404  401  401  401  401  401

POST   groups/<uuid:group_id>/payment-codes                401  404  404  404  404  403  201  201  404  401  401  401  401  401
GET    groups/<uuid:group_id>/payments                     401  404  404  404  404  200  200  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/payments/<uuid:payment_id>   401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/payments/<uuid:payment_id>/reshare  401  404  404  404  404  403  202  202  404  401  401  401  401  401
POST   merchant/payments                                   401  401  401  401  401  401  401  401  401  201  201  401  401  401
GET    merchant/payments                                   401  401  401  401  401  401  401  401  401  200  404  401  401  401
POST   merchant/payments/<payment_number:out_trade_no>/refunds  401  401  401  401  401  401  401  401  401  201  404  401  401  401
POST   merchant/orders                                     401  401  401  401  401  401  401  401  401  201  201  401  401  401
GET    merchant/orders/<merchant_number:out_trade_no>      401  401  401  401  401  401  401  401  401  200  404  401  401  401
POST   merchant/orders/<merchant_number:out_trade_no>/cancel  401  401  401  401  401  401  401  401  401  200  404  401  401  401
GET    orders/<uuid:checkout_id>                              401  200  200  200  200  200  200  200  200  401  401  401  401  401
POST   orders/<uuid:checkout_id>/pay                          401  404  404  404  404  403  201  201  404  401  401  401  401  401

GET    groups/<uuid:group_id>/disputes                     401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/disputes                     401  404  404  404  404  201  403  201  404  401  401  401  401  401
GET    groups/<uuid:group_id>/disputes/<uuid:dispute_id>   401  404  404  404  404  200  200  200  404  401  401  401  401  401
POST   groups/<uuid:group_id>/disputes/<uuid:dispute_id>/concede   401  404  404  404  404  403  200  403  404  401  401  401  401  401
POST   groups/<uuid:group_id>/disputes/<uuid:dispute_id>/withdraw  401  404  404  404  404  403  403  200  404  401  401  401  401  401

GET    groups/<uuid:group_id>/entries                      401  404  404  404  404  200  200  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/statement                    401  404  404  404  404  200  200  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/snapshot                     401  404  404  404  404  200  200  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/events                       401  404  404  404  404  200  200  200  404  401  401  401  401  401

GET    groups/<uuid:group_id>/enrollment                   401  404  404  404  404 404n 404n 404n  404  401  401  401  401  401
PUT    groups/<uuid:group_id>/enrollment                   401  404  404  404  404  403  403  200  404  401  401  401  401  401
DELETE groups/<uuid:group_id>/enrollment                   401  404  404  404  404  403  403 404n  404  401  401  401  401  401
GET    groups/<uuid:group_id>/yield                        401  404  404  404  404  200  200  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/yield/chart                  401  404  404  404  404  200  200  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/yield/days                   401  404  404  404  404  200  200  200  404  401  401  401  401  401
GET    groups/<uuid:group_id>/yield/days/<day:day>         401  404  404  404  404 404n 404n 404n  404  401  401  401  401  401
GET    funds/<slug:code>                                   401  200  200  200  200  200  200  200  200  401  401  401  401  401
GET    funds/<slug:code>/days                              401  200  200  200  200  200  200  200  200  401  401  401  401  401
"""

# Logging in (401 with a pending flow is allauth's "go on"), the page with the API's docs, and the operators' site.
OUTSIDE_THE_API = """
                                                          anon strg invi left rmvd view memb ownr othr shop shp2 oper oprt rvkd
GET    _allauth/app/v1/config                              200  200  200  200  200  200  200  200  200  200  200  200  200  200
POST   _allauth/app/v1/auth/code/request                   401  401  401  401  401  401  401  401  401  401  401  401  401  401
POST   _allauth/app/v1/auth/code/confirm                   409  409  409  409  409  409  409  409  409  409  409  409  409  409
GET    _allauth/app/v1/auth/session                        401  401  401  401  401  401  401  401  401  401  401  401  401  401
DELETE _allauth/app/v1/auth/session                        401  401  401  401  401  401  401  401  401  401  401  401  401  401
GET    api/docs/                                           200  200  200  200  200  200  200  200  200  200  200  200  200  200
"""

# The operators' site: one row for the pages of all models alike. What a right opens is for tests/admin.
ADMIN = """
                                                          anon strg invi left rmvd view memb ownr othr shop shp2 oper oprt rvkd
GET    admin/                                              302  302  302  302  302  302  302  302  302  302  302  200  200  302
GET    admin/yields/fundday/import-rates/                  302  302  302  302  302  302  302  302  302  302  302  403  200  302
GET    admin/<app>/                                        302  302  302  302  302  302  302  302  302  302  302  404  200  302
GET    admin/<app>/<model>/                                302  302  302  302  302  302  302  302  302  302  302  403  200  302
GET    admin/<app>/<model>/add/                            302  302  302  302  302  302  302  302  302  302  302  403    *  302
GET    admin/<app>/<model>/<path:object_id>/change/        302  302  302  302  302  302  302  302  302  302  302  403    *  302
GET    admin/<app>/<model>/<path:object_id>/delete/        302  302  302  302  302  302  302  302  302  302  302  403    *  302
GET    admin/<app>/<model>/<path:object_id>/history/       302  302  302  302  302  302  302  302  302  302  302  302    *  302
"""

# The websocket: what a client may say on it (wallet.events.frames), and what it is told.
SOCKET = """
                                                          anon strg invi left rmvd view memb ownr othr shop shp2 oper oprt rvkd
OPEN   connect                                              no  yes  yes  yes  yes  yes  yes  yes  yes   no   no   no   no   no
FRAME  subscribe                                             -   no   no   no   no  yes  yes  yes   no    -    -    -    -    -
FRAME  ack                                                   -   no   no   no   no  yes  yes  yes   no    -    -    -    -    -
FRAME  unsubscribe                                           -  yes  yes  yes  yes  yes  yes  yes  yes    -    -    -    -    -
"""
